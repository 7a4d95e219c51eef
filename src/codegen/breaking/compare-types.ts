/** Compares types, and all that they hold. */
import type { StructDefinition, Type } from "../model.ts";
import { compareUnions } from "./compare-unions.ts";
import type { Comparison, Job, Route } from "./comparison.ts";
import { BOTH, NEW_TO_OLD, OLD_TO_NEW } from "./change.ts";
import { compareIntegers } from "./integers.ts";
import { compareSequences, FIELDS, laterPair, pairsOfFlat } from "./sequence.ts";
import { behindTypedefs, describe, heldByOptionalUnion, isAlike, type Item, itemOf, shapeOf } from "./shape.ts";

/** Does all the work that waits. */
export function compareAll(comparison: Comparison): void {
  for (let job = comparison.next(); job; job = comparison.next()) compareTypes(comparison, job);
}

function compareTypes(comparison: Comparison, job: Job): void {
  const [old, fresh] = [behindTypedefs(job.old), behindTypedefs(job.fresh)];
  let { spot } = job;
  if (old.typedef && fresh.typedef) {
    // What changes in a typedef is said there, once.
    if (!comparison.isFirst(old.typedef, fresh.typedef, job.route)) return;
    spot = { path: fresh.typedef.name, old: old.typedef.span, fresh: fresh.typedef.span };
  }
  const plain = { ...job, ...asOptional(old.type, fresh.type), spot };
  if (isAlike({ type: plain.old }, { type: plain.fresh })) compareAlike(comparison, plain);
  else compareUnlike(comparison, plain);
}

/** A union that is written as an optional value is one, where it meets one. */
function asOptional(old: Type, fresh: Type): { old: Type; fresh: Type } {
  const convert = (type: Type, other: Type): Type => {
    if (type.kind !== "ref" || type.to.kind !== "union" || shapeOf(other) !== "array") return type;
    const element = heldByOptionalUnion(type.to);
    return element ? { kind: "optional", element } : type;
  };
  return { old: convert(old, fresh), fresh: convert(fresh, old) };
}

/** Neither type is a typedef, and both are of one shape. */
function compareAlike(comparison: Comparison, job: Job): void {
  const { old, fresh, route } = job;
  compareIntegers(comparison, job);
  compareBounds(comparison, job);
  compareElements(comparison, job);
  if (old.kind !== "ref" || fresh.kind !== "ref") return;
  const [from, to] = [old.to, fresh.to];
  if (from.kind === "struct" && to.kind === "struct") compareStructs(comparison, from, to, route);
  if (from.kind === "union" && to.kind === "union" && comparison.isFirst(from, to, route)) {
    compareUnions(comparison, from, to, route);
  }
}

function compareStructs(comparison: Comparison, old: StructDefinition, fresh: StructDefinition, route: Route): void {
  if (!comparison.isFirst(old, fresh, route)) return;
  const items = ({ name, fields }: StructDefinition): Item[] => fields.map((field) => itemOf(name, field));
  const holder = { path: fresh.name, span: fresh.span };
  compareSequences(comparison, FIELDS, items(old), items(fresh), holder, () => route);
}

function compareElements(comparison: Comparison, job: Job): void {
  const [old, fresh] = [elementOf(job.old), elementOf(job.fresh)];
  if (old && fresh) comparison.later({ ...job, old, fresh });
}

function elementOf(type: Type): Type | undefined {
  return type.kind === "array" || type.kind === "fixed-array" || type.kind === "optional" ? type.element : undefined;
}

const UNBOUNDED = 2 ** 32 - 1;

function boundOf(type: Type): number | undefined {
  if (type.kind === "optional") return 1;
  return type.kind === "string" || type.kind === "opaque" || type.kind === "array"
    ? (type.max ?? UNBOUNDED)
    : undefined;
}

function compareBounds(comparison: Comparison, { old, fresh, spot, route }: Job): void {
  const [before, after] = [boundOf(old), boundOf(fresh)];
  if (before === undefined || after === undefined || before === after) return;
  const message = `it was ${describe(old)} and is ${describe(fresh)}`;
  const narrower = after < before;
  comparison.report(
    narrower ? "bound-narrowed" : "bound-widened",
    { path: spot.path, span: spot.fresh },
    `${message}: what is longer than ${Math.min(before, after)} is rejected`,
    { route, direction: narrower ? OLD_TO_NEW : NEW_TO_OLD, before: spot.old },
  );
}

/** The shapes differ; but what structs and arrays hold could be the same, in the same order. */
function compareUnlike(comparison: Comparison, job: Job): void {
  const { old, fresh, spot, route } = job;
  const item = (type: Type, span: Item["span"]): Item => ({ name: undefined, type, span, path: spot.path });
  const parts = pairsOfFlat([item(old, spot.old)], [item(fresh, spot.fresh)]);
  if (parts) {
    for (const [from, to] of parts) laterPair(comparison, from, to, route);
    return;
  }
  const place = { path: spot.path, span: spot.fresh };
  const message = `it was ${describe(old)} and is ${describe(fresh)}`;
  const more = { route, direction: BOTH, before: spot.old };
  if (old.kind === fresh.kind && (old.kind === "fixed-opaque" || old.kind === "fixed-array")) {
    comparison.report("size-changed", place, message, more);
    compareElements(comparison, job);
  } else if (old.kind === "optional" || fresh.kind === "optional") {
    comparison.report("optional-changed", place, message, more);
  } else {
    comparison.report("type-changed", place, message, more);
  }
}
