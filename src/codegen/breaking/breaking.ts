/** Which changes between two `.x` files break peers on the wire, as a function. */
import type { Diagnostic } from "../diagnostics.ts";
import { analyze } from "../front-end.ts";
import type { SourceFile } from "../generate.ts";
import type { Model, TypeDefinition } from "../model.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import type { SourceOptions } from "../source-options.ts";
import { readFromDisk, SourceReader } from "../source-reader.ts";
import type { WireChange } from "./change.ts";
import { comparePrograms } from "./compare-program.ts";
import { Comparison } from "./comparison.ts";
import { peersOf, type TypeUse, typeUse } from "./peers.ts";

export interface BreakingResult {
  /** In the order of the new file. Empty where `diagnostics` holds an error: then nothing was compared. */
  readonly changes: readonly WireChange[];
  /** Of both files. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that was read, by path: spans point into them. */
  readonly texts: SourceTexts;
}

/**
 * Compares two `.x` files as peers meet them on the wire: numbers, types, order and bounds, but not names, constants and
 * comments. Never throws for what a source says.
 *
 * External types of the same name are taken for the same. Where both files have the same path, the old one's becomes `PATH (old)`.
 */
export function breaking(oldSource: SourceFile, newSource: SourceFile, options: SourceOptions = {}): BreakingResult {
  const reader = new SourceReader(options.readFile ?? readFromDisk);
  const oldPath = oldSource.path === newSource.path ? `${oldSource.path} (old)` : oldSource.path;
  const old = analyze(oldPath, oldSource.text, { ...options, reader });
  const now = analyze(newSource.path, newSource.text, { ...options, reader });
  const changes = old.model && now.model ? compareModels(old.model, now.model) : [];
  return {
    changes,
    diagnostics: [...old.diagnostics, ...now.diagnostics],
    texts: new Map([...old.texts, ...now.texts]),
  };
}

function compareModels(old: Model, now: Model): WireChange[] {
  const [before, after] = [typeUse(old), typeUse(now)];
  const comparison = new Comparison((from, to) => peersOf(from, before, to, after));
  comparePrograms(comparison, old, now);
  comparison.run();
  const isXdrOnly = !old.definitions.some(({ kind }) => kind === "program");
  compareTheRest(comparison, old, now, before, isXdrOnly);
  return comparison.changes.sorted();
}

/** Types that no procedure uses are known to peers by name, such as those of a file without programs. */
function compareTheRest(comparison: Comparison, old: Model, now: Model, before: TypeUse, isXdrOnly: boolean): void {
  const counterparts = new Map(typesOf(now).map((definition) => [definition.name, definition]));
  const isRoot = (definition: TypeDefinition): boolean =>
    !before.held.has(definition) && !before.arguments.has(definition) && !before.results.has(definition);
  const types = typesOf(old);
  // First those that nothing holds: what they hold may have another name now.
  for (const definition of [...types.filter(isRoot), ...types.filter((type) => !isRoot(type))]) {
    if (comparison.hasSeen(definition)) continue;
    const counterpart = counterparts.get(definition.name);
    if (counterpart) {
      comparison.definitions(definition, counterpart);
      comparison.run();
    } else if (isRoot(definition)) {
      const code = isXdrOnly ? "type-removed" : "unused-type-removed";
      const message = `${definition.kind} '${definition.name}' is gone: who sends or reads it has no counterpart`;
      comparison.changes.add(code, message, undefined, definition.span);
    }
  }
}

function typesOf({ definitions }: Model): TypeDefinition[] {
  return definitions.filter(({ kind }) => kind !== "const" && kind !== "program") as TypeDefinition[];
}
