/** Compares unions: which discriminants they take, and what follows each. */
import type { Field, UnionArm, UnionDefinition } from "../model.ts";
import type { Span } from "../ast.ts";
import type { Comparison, Route, Spot } from "./comparison.ts";
import { BOTH, NEW_TO_OLD, OLD_TO_NEW } from "./change.ts";
import { compareIntegers, compareMembers, type Numbers, numbersOf, takes } from "./integers.ts";
import { describe, VOID } from "./shape.ts";

/** What follows a discriminant. */
interface Arm {
  /** Where it stands in the `.x`: one for all that lead to it. */
  readonly origin: UnionArm | NonNullable<UnionDefinition["defaultArm"]>;
  readonly field: Field | undefined;
  /** As the `.x` writes it: `case RED`, `default`. */
  readonly label: string;
  readonly span: Span;
}

/** A union as a table. */
interface Table {
  readonly numbers: Numbers;
  readonly arms: ReadonlyMap<bigint, Arm>;
  /** Of integers that are not in `arms`. A default over a bool or an enum is in `arms`, for each number that it takes. */
  readonly rest: Arm | undefined;
}

export function compareUnions(
  comparison: Comparison,
  old: UnionDefinition,
  fresh: UnionDefinition,
  route: Route,
): void {
  const path = `${fresh.name}.${fresh.discriminant.name}`;
  const spot: Spot = { path, old: old.discriminant.span, fresh: fresh.discriminant.span };
  const [before, after] = [tableOf(old), tableOf(fresh)];
  if (before.numbers.bits !== after.numbers.bits) {
    const message = `it was ${describe(old.discriminant.type)} and is ${describe(fresh.discriminant.type)}`;
    const more = { route, direction: BOTH, before: spot.old };
    comparison.report("type-changed", { path, span: spot.fresh }, message, more);
    return;
  }
  if (before.numbers.kind === "members" && after.numbers.kind === "members") {
    compareMembers(comparison, before.numbers, after.numbers, spot, route, true);
  } else if (before.rest && after.rest) {
    compareIntegers(comparison, { old: old.discriminant.type, fresh: fresh.discriminant.type, spot, route });
  }
  compareArms(comparison, [old, before], [fresh, after], route);
}

type Side = readonly [UnionDefinition, Table];

function compareArms(comparison: Comparison, [old, before]: Side, [fresh, after]: Side, route: Route): void {
  const compared = new Map<object, Set<object>>();
  const compare = (from: Arm, to: Arm): void => {
    const known = compared.get(from.origin) ?? new Set();
    compared.set(from.origin, known);
    if (known.has(to.origin)) return;
    known.add(to.origin);
    const spot = { path: pathOf(fresh, to), old: from.span, fresh: to.span };
    comparison.later({ old: from.field?.type ?? VOID, fresh: to.field?.type ?? VOID, spot, route });
  };
  for (const value of new Set([...before.arms.keys(), ...after.arms.keys()])) {
    const [from, to] = [armOf(before, value), armOf(after, value)];
    if (from && to) compare(from, to);
    else if (from) {
      const place = { path: `${old.name}(${from.label})`, span: from.span };
      comparison.report("case-removed", place, `the discriminant ${value} is rejected now`, {
        route,
        direction: OLD_TO_NEW,
      });
    } else if (to) {
      const place = { path: `${fresh.name}(${to.label})`, span: to.span };
      comparison.report("case-added", place, `the discriminant ${value} was rejected before`, {
        route,
        direction: NEW_TO_OLD,
      });
    }
  }
  if (before.rest && after.rest) compare(before.rest, after.rest);
  else if (before.rest) {
    const place = { path: `${old.name}(default)`, span: before.rest.span };
    comparison.report("default-removed", place, "discriminants that are not listed are rejected now", {
      route,
      direction: OLD_TO_NEW,
    });
  } else if (after.rest) {
    const place = { path: `${fresh.name}(default)`, span: after.rest.span };
    comparison.report("default-added", place, "discriminants that are not listed were rejected before", {
      route,
      direction: NEW_TO_OLD,
    });
  }
}

function pathOf(union: UnionDefinition, { field, label }: Arm): string {
  return field ? `${union.name}.${field.name}` : `${union.name}(${label})`;
}

function armOf({ arms, rest, numbers }: Table, value: bigint): Arm | undefined {
  return arms.get(value) ?? (takes(numbers, value) ? rest : undefined);
}

function tableOf(union: UnionDefinition): Table {
  const numbers: Numbers = numbersOf(union.discriminant.type) ?? { kind: "members", bits: 32, members: [], name: "" };
  const arms = new Map<bigint, Arm>();
  for (const arm of union.arms) {
    for (const { value, text } of arm.labels) {
      arms.set(BigInt(value), {
        origin: arm,
        field: arm.field,
        label: `case ${text}`,
        span: arm.field?.span ?? arm.span,
      });
    }
  }
  const { defaultArm } = union;
  if (!defaultArm) return { numbers, arms, rest: undefined };
  const { field } = defaultArm;
  const rest: Arm = { origin: defaultArm, field, label: "default", span: field?.span ?? defaultArm.span };
  if (numbers.kind === "range") return { numbers, arms, rest };
  for (const { value, name } of numbers.members) {
    if (!arms.has(BigInt(value))) arms.set(BigInt(value), { ...rest, label: `default, ${name}` });
  }
  return { numbers, arms, rest: undefined };
}
