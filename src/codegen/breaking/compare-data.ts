/** Compares the types that no procedure reaches: files with XDR alone have no others. */
import type { Model, ReferencedType, Type, TypeDefinition } from "../model.ts";
import { namedType } from "../model-facts.ts";
import { compareAll } from "./compare-types.ts";
import { programsOf } from "./compare-programs.ts";
import { Comparison, type Route } from "./comparison.ts";
import { OLD_TO_NEW } from "./change.ts";
import { shapeOf } from "./shape.ts";

/** Comparisons that looking for the new names of types takes at most. */
const MAX_TRIALS = 200;

export function compareData(comparison: Comparison, old: Model, fresh: Model): void {
  const [before, after] = [unreached(old), unreached(fresh)];
  const freshByName = new Map(typesOf(fresh).map((definition) => [definition.name, definition]));
  const gone: TypeDefinition[] = [];
  for (const definition of before) {
    const now = freshByName.get(definition.name);
    if (now) later(comparison, definition, now);
    else gone.push(definition);
  }
  compareAll(comparison);

  // A type within another is compared there, under whatever name. An enum alone is a list of constants.
  const held = heldTypes(before);
  const oldNames = new Set(typesOf(old).map(({ name }) => name));
  const newcomers = new Set(after.filter(({ name }) => !oldNames.has(name)));
  let trials = 0;
  for (const definition of gone) {
    if (held.has(definition) || definition.kind === "enum") continue;
    const renamed = [...newcomers].find((other) => trials++ < MAX_TRIALS && isSame(definition, other));
    if (renamed) {
      newcomers.delete(renamed);
      continue;
    }
    const { name, span } = definition;
    const route: Route = { role: "data", path: undefined, span };
    comparison.report("type-removed", { path: name, span }, "the type is gone", { route, direction: OLD_TO_NEW });
  }
}

function later(comparison: Comparison, old: TypeDefinition, fresh: TypeDefinition): void {
  const spot = { path: fresh.name, old: old.span, fresh: fresh.span };
  const route: Route = { role: "data", path: undefined, span: fresh.span };
  comparison.later({ old: { kind: "ref", to: old }, fresh: { kind: "ref", to: fresh }, spot, route });
}

/** Whether two types are the same bytes. */
function isSame(old: TypeDefinition, fresh: TypeDefinition): boolean {
  if (shapeOf({ kind: "ref", to: old }) !== shapeOf({ kind: "ref", to: fresh })) return false;
  const trial = new Comparison();
  later(trial, old, fresh);
  compareAll(trial);
  return trial.changes.count === 0;
}

function typesOf({ definitions }: Model): TypeDefinition[] {
  return definitions.filter((definition) => definition.kind !== "const" && definition.kind !== "program");
}

function unreached(model: Model): TypeDefinition[] {
  const procedures = programsOf(model).flatMap(({ versions }) => versions.flatMap((version) => version.procedures));
  const roots = procedures.flatMap(({ args, result }) => [result, ...args.map(({ type }) => type)]);
  const reached = new Set<ReferencedType>();
  const waiting = [...roots];
  for (let type = waiting.pop(); type; type = waiting.pop()) {
    const definition = namedType(type);
    if (!definition || reached.has(definition)) continue;
    reached.add(definition);
    for (const within of typesWithin(definition)) waiting.push(within);
  }
  return typesOf(model).filter((definition) => !reached.has(definition));
}

function heldTypes(definitions: readonly TypeDefinition[]): Set<ReferencedType> {
  const held = new Set<ReferencedType>();
  for (const definition of definitions) {
    for (const type of typesWithin(definition).map(namedType)) if (type && type !== definition) held.add(type);
  }
  return held;
}

function typesWithin(definition: ReferencedType): Type[] {
  switch (definition.kind) {
    case "enum":
    case "external":
      return [];
    case "typedef":
      return [definition.type];
    case "struct":
      return definition.fields.map(({ type }) => type);
    case "union": {
      const arms = [...definition.arms, ...(definition.defaultArm ? [definition.defaultArm] : [])];
      return [definition.discriminant.type, ...arms.flatMap(({ field }) => (field ? [field.type] : []))];
    }
  }
}
