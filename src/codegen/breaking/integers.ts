/** Integers, bools and enums: all are numbers of the same bytes, and differ in which numbers they take. */
import type { EnumMember, IntegerBase, Type } from "../model.ts";
import type { Comparison, Job, Route, Spot } from "./comparison.ts";
import { BOTH, NEW_TO_OLD, OLD_TO_NEW } from "./change.ts";
import { behindTypedefs, describe } from "./shape.ts";

/** The numbers that a type takes. */
export type Numbers =
  | { readonly kind: "range"; readonly bits: 32 | 64; readonly low: bigint; readonly high: bigint }
  | { readonly kind: "members"; readonly bits: 32; readonly members: readonly Member[]; readonly name: string };

type Member = Pick<EnumMember, "name" | "value"> & Partial<Pick<EnumMember, "span">>;

const BOOL: readonly Member[] = [
  { name: "FALSE", value: 0 },
  { name: "TRUE", value: 1 },
];

/** Undefined for a type that is no integer. */
export function numbersOf(type: Type): Numbers | undefined {
  const { type: plain } = behindTypedefs(type);
  if (plain.kind === "ref" && plain.to.kind === "enum") {
    return { kind: "members", bits: 32, members: plain.to.members, name: plain.to.name };
  }
  if (plain.kind !== "primitive") return undefined;
  if (plain.name === "bool") return { kind: "members", bits: 32, members: BOOL, name: "bool" };
  return /^u?int/.test(plain.name) ? rangeOf(plain.name as IntegerBase) : undefined;
}

function rangeOf(name: IntegerBase): Numbers {
  const size = BigInt(name.replace(/^u?int/, ""));
  const bits = size === 64n ? 64 : 32;
  if (name.startsWith("u")) return { kind: "range", bits, low: 0n, high: (1n << size) - 1n };
  const half = 1n << (size - 1n);
  return { kind: "range", bits, low: -half, high: half - 1n };
}

export function takes(numbers: Numbers, value: bigint): boolean {
  if (numbers.kind === "range") return value >= numbers.low && value <= numbers.high;
  return numbers.members.some((member) => BigInt(member.value) === value);
}

/** Whether `reader` takes, and reads as the same number, all that `writer` writes. */
function holdsAll(reader: Numbers, writer: Numbers): boolean {
  if (writer.kind === "members") return writer.members.every(({ value }) => takes(reader, BigInt(value)));
  if (reader.kind === "range") return takes(reader, writer.low) && takes(reader, writer.high);
  const values = new Set(reader.members.map(({ value }) => BigInt(value)).filter((value) => takes(writer, value)));
  return BigInt(values.size) === writer.high - writer.low + 1n;
}

/** Compares two types of the same number of bytes. */
export function compareIntegers(comparison: Comparison, { old, fresh, spot, route }: Job): void {
  const [before, after] = [numbersOf(old), numbersOf(fresh)];
  if (!before || !after) return;
  if (before.kind === "members" && after.kind === "members") {
    compareMembers(comparison, before, after, spot, route);
    return;
  }
  const [toNew, toOld] = [!holdsAll(after, before), !holdsAll(before, after)];
  if (!toNew && !toOld) return;
  const code = toNew && toOld ? "range-changed" : toNew ? "range-narrowed" : "range-widened";
  const message = `it was ${describe(old)} and is ${describe(fresh)}`;
  const direction = { oldToNew: toNew, newToOld: toOld };
  comparison.report(code, { path: spot.path, span: spot.fresh }, message, { route, direction, before: spot.old });
}

/** @param namesAlone for a discriminant: which numbers it takes is the union's to say */
export function compareMembers(
  comparison: Comparison,
  old: Numbers & { kind: "members" },
  fresh: Numbers & { kind: "members" },
  spot: Spot,
  route: Route,
  namesAlone = false,
): void {
  if (!comparison.isFirst(old.members, fresh.members, route, namesAlone ? "names" : "")) return;
  const freshByName = new Map(fresh.members.map((member) => [member.name, member]));
  const oldNames = new Set(old.members.map(({ name }) => name));
  /** What a change of value explains already. */
  const [explainedOld, explainedFresh] = [new Set<number>(), new Set<number>()];
  for (const member of old.members) {
    const now = freshByName.get(member.name);
    if (!now || now.value === member.value) continue;
    explainedOld.add(member.value);
    explainedFresh.add(now.value);
    const place = { path: `${fresh.name}.${now.name}`, span: now.span ?? spot.fresh };
    const message = `it was ${member.value} and is ${now.value}`;
    const before = member.span ?? spot.old;
    comparison.report("enum-value-changed", place, message, { route, direction: BOTH, before });
  }
  if (namesAlone) return;
  const oldValues = new Set(old.members.map(({ value }) => value));
  const freshValues = new Set(fresh.members.map(({ value }) => value));
  for (const { name, value, span = spot.old } of old.members) {
    if (freshValues.has(value) || explainedOld.has(value) || freshByName.has(name)) continue;
    freshValues.add(value);
    const message = `the value ${value} is gone: a strict peer rejects it`;
    const place = { path: `${old.name}.${name}`, span };
    comparison.report("enum-value-removed", place, message, { route, direction: OLD_TO_NEW });
  }
  for (const { name, value, span = spot.fresh } of fresh.members) {
    if (oldValues.has(value) || explainedFresh.has(value) || oldNames.has(name)) continue;
    oldValues.add(value);
    const message = `the value ${value} is new: a strict peer rejects it`;
    const place = { path: `${fresh.name}.${name}`, span };
    comparison.report("enum-value-added", place, message, { route, direction: NEW_TO_OLD });
  }
}
