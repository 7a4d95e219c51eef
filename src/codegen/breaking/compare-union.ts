/** Discriminant and arms of a union. RFC 4506 section 4.15. */
import type { Field, Type, UnionArm, UnionDefinition, UnionLabel } from "../model.ts";
import type { Span } from "../ast.ts";
import { type Place, refusedByNew, refusedByOld } from "./change.ts";
import { matchMembers } from "./compare-enum.ts";
import type { Comparison } from "./comparison.ts";
import { fixedSize } from "../model-facts.ts";
import { wireType } from "./wire-type.ts";

type Key = number | bigint;
interface Arm {
  readonly field: Field | undefined;
  readonly span: Span;
}
interface LabelledArm extends UnionArm {
  readonly label: UnionLabel;
}

const VOID: Type = { kind: "primitive", name: "void" };

export function compareUnions(comparison: Comparison, old: UnionDefinition, now: UnionDefinition): void {
  const { changes } = comparison;
  const place = comparison.placeOf(old, now);
  if (!compareDiscriminants(comparison, old, now, place)) return;
  const renumbered = renumberedLabels(old, now);
  const before = armsByLabel(old, (value) => renumbered.get(value) ?? value);
  const after = armsByLabel(now, (value) => value);
  const seen = new Map<Span, Set<Span>>();
  const compare = (from: Arm, to: Arm, what: string): void => {
    // An arm has many labels, and a default stands for many.
    const known = seen.get(from.span) ?? new Set();
    if (known.has(to.span)) return;
    seen.set(from.span, known.add(to.span));
    comparison.types(from.field?.type ?? VOID, to.field?.type ?? VOID, {
      ...place,
      what: `${what} of ${place.what}`,
      span: to.span,
      oldSpan: from.span,
    });
  };
  for (const [value, from] of before) {
    const to = after.get(value) ?? now.defaultArm;
    const what = `case ${from.label.text}`;
    if (to) {
      compare(from, to, what);
    } else if (hasNumber(now, value)) {
      const reason = refusedByNew(place.peers, "it");
      changes.add("case-removed", `${place.what} has lost ${what}: ${reason}`, now.span, from.span);
    }
  }
  for (const [value, to] of after) {
    if (before.has(value)) continue;
    const what = `case ${to.label.text}`;
    if (old.defaultArm) {
      compare(old.defaultArm, to, what);
    } else if (hasNumber(old, value)) {
      const reason = refusedByOld(place.peers, "it");
      changes.add("case-added", `${place.what} has a new ${what}: ${reason}`, to.span, old.span);
    }
  }
  if (old.defaultArm && now.defaultArm) {
    compare(old.defaultArm, now.defaultArm, "the default");
  } else if (old.defaultArm && leavesSome(old, now, after)) {
    const reason = refusedByNew(place.peers, "other cases");
    changes.add("default-removed", `${place.what} has lost its default: ${reason}`, now.span, old.defaultArm.span);
  } else if (now.defaultArm && leavesSome(old, now, before)) {
    const reason = refusedByOld(place.peers, "other cases");
    changes.add("default-added", `${place.what} has a default now: ${reason}`, now.defaultArm.span, old.span);
  }
}

/** Whether the arms are worth a look. */
function compareDiscriminants(
  comparison: Comparison,
  old: UnionDefinition,
  now: UnionDefinition,
  place: Place,
): boolean {
  const [before, after] = [old.discriminant, now.discriminant];
  const where = { ...place, what: `the discriminant of ${place.what}`, span: after.span, oldSpan: before.span };
  const isSame = typeof before.base === "object" ? typeof after.base === "object" : before.base === after.base;
  if (isSame || !isFourBytes(before.type) || !isFourBytes(after.type)) {
    comparison.types(before.type, after.type, where);
  } else if (old.defaultArm || now.defaultArm) {
    // Without a default the cases say which numbers there are.
    comparison.types(before.type, after.type, where);
  }
  return fixedSize(before.type) === fixedSize(after.type);
}

function isFourBytes(type: Type): boolean {
  return wireType(type).kind === "number";
}

/** Numbers of the old discriminant's members that have another one now: told of at the enum, and no change of the cases. */
function renumberedLabels(old: UnionDefinition, now: UnionDefinition): Map<Key, Key> {
  const [before, after] = [old.discriminant.base, now.discriminant.base];
  if (typeof before !== "object" || typeof after !== "object") return new Map();
  return new Map(matchMembers(before, after).renumbered.map(([from, to]) => [from.value, to.value]));
}

function armsByLabel({ arms }: UnionDefinition, keyOf: (value: Key) => Key): Map<Key, LabelledArm> {
  const found = new Map<Key, LabelledArm>();
  for (const arm of arms) for (const label of arm.labels) found.set(keyOf(label.value), { ...arm, label });
  return found;
}

/** Whether the discriminant has a number. Where an enum has it no more, or not yet, that is told of there. */
function hasNumber({ discriminant: { base } }: UnionDefinition, number: Key): boolean {
  return typeof base !== "object" || base.members.some(({ value }) => value === number);
}

/** Whether `cases` leave any number to a default that both old and new peers may send. */
function leavesSome(old: UnionDefinition, now: UnionDefinition, cases: ReadonlyMap<Key, unknown>): boolean {
  const bases = [old.discriminant.base, now.discriminant.base];
  const finite = bases.find((base) => typeof base === "object") ?? bases.find((base) => base === "bool");
  if (finite === undefined) return true;
  const numbers = typeof finite === "object" ? finite.members.map(({ value }) => value) : [0, 1];
  return numbers.some((value) => hasNumber(old, value) && hasNumber(now, value) && !cases.has(value));
}
