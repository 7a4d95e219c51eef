/** A unit, which is a file with all that it includes, as modules: one for each `.x` file. */
import type { Diagnostic } from "./diagnostics.ts";
import type { Model } from "./model.ts";
import { type Names, type NameStyle, nameModel } from "./names.ts";

/** What one `.x` file of a unit becomes. */
export interface UnitModule {
  /** What the file itself defines. */
  readonly model: Model;
  /** Its own names, and those of the types of the whole unit. */
  readonly names: Names;
  /** Collisions of its names. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The modules of a unit by the path of their file, the main one's first. Included files that say nothing have none. */
export function splitUnit(unit: Model, style?: NameStyle, sync?: boolean): ReadonlyMap<string, UnitModule> {
  const files = new Set([unit.file, ...[...unit.definitions, ...unit.scripts].map(({ span }) => span.file)]);
  const named = [...files].map((file) => {
    const model: Model = {
      file,
      definitions: unit.definitions.filter(({ span }) => span.file === file),
      scripts: unit.scripts.filter(({ span }) => span.file === file),
    };
    return { model, ...nameModel(model, style, sync) };
  });
  const all = named.map(({ names }) => names);
  const merged = {
    types: new Map(all.flatMap(({ types }) => [...types])),
    fields: new Map(all.flatMap(({ fields }) => [...fields])),
    discriminants: new Map(all.flatMap(({ discriminants }) => [...discriminants])),
  };
  return new Map(
    named.map(({ model, names, diagnostics }) => [model.file, { model, names: { ...names, ...merged }, diagnostics }]),
  );
}
