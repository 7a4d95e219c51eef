/** Unions are flat and narrow on the declared discriminant. */
import type { Open, OpenVoid, Version } from "../golden/union-int/expected.js";
import type { MaybeName, TrueOrDefault } from "../golden/union-bool/expected.js";
import { type Closed, Kind, type Partial, type VoidDefault, type WithDefault } from "../golden/union-enum/expected.js";
import { Choice, type Rejected } from "../golden/union-arms/expected.js";
import { sameType } from "./expect.js";

export function closed(value: Closed): string {
  switch (value.k) {
    case Kind.TEXT:
      return value.text;
    case Kind.NUMBER:
      return value.number.toString(16);
    case Kind.BLOB:
      return String(value.blob.length);
    case Kind.NOTHING:
    case Kind.SOMETHING:
      sameType<typeof value, { k: typeof Kind.NOTHING | typeof Kind.SOMETHING }>(true);
      // @ts-expect-error a void arm has no field
      return String(value.text);
  }
}

export function withDefault(value: WithDefault): number {
  if (value.k === Kind.TEXT) return value.text.length;
  if (value.k === Kind.NUMBER) return value.where.x;
  sameType<typeof value.k, Exclude<Kind, typeof Kind.TEXT | typeof Kind.NUMBER>>(true);
  return value.code;
}

export const unions: readonly unknown[] = [
  { k: Kind.SOMETHING, code: 1 } satisfies WithDefault,
  // @ts-expect-error TEXT has an arm of its own: the default's field is not its
  { k: Kind.TEXT, code: 1 } satisfies WithDefault,
  // @ts-expect-error a field of another arm
  { k: Kind.TEXT, text: "", number: 1n } satisfies Closed,
  // @ts-expect-error NUMBER has no arm, and there is no default
  { k: Kind.NUMBER, text: "" } satisfies Partial,
  { k: Kind.NOTHING } satisfies VoidDefault,
  // @ts-expect-error the discriminant alone is not BLOB's arm
  { k: Kind.BLOB } satisfies VoidDefault,
  // @ts-expect-error an arm that is called as its discriminant has a `_`
  { stat: Choice.NO } satisfies Rejected,
  { stat: Choice.NO, stat_: 3 } satisfies Rejected,
  { v: -7, minusSeven: "" } satisfies Version,
  // @ts-expect-error 2 has no arm
  { v: 2 } satisfies Version,
  { status: 17, error: 5 } satisfies Open,
  // @ts-expect-error only one arm's field can be there
  { status: 0, list: [], error: 5 } satisfies Open,
  { status: 99 } satisfies OpenVoid,
];

export function maybeName(value: MaybeName): string | undefined {
  return value.present ? value.name : undefined;
}

export function trueOrDefault(value: TrueOrDefault): bigint | number {
  return value.follows ? value.cookie : value.error;
}

/** Over integers with a default the discriminant narrows nothing, the fields do. */
export function open(value: Open): string {
  if (value.list !== undefined) return value.list.map(String).join();
  if (value.text !== undefined) return value.text;
  sameType<typeof value.error, number>(true);
  return value.error.toFixed();
}

export function openVoid(value: OpenVoid): bigint | undefined {
  // @ts-expect-error any number can be the default's
  if (value.status === 0) return value.result.valueOf();
  return value.result;
}
