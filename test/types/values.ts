/** What the types of fields, enums, constants and optionals are. */
import type { Variable } from "../golden/arrays/expected.js";
import { ALL_BITS, BEYOND_EXACT, HEX } from "../golden/constants/expected.js";
import { type Color, Status, isColor } from "../golden/enums/expected.js";
import type { Entry, Stringentry } from "../golden/lists/expected.js";
import type { Journey, Options } from "../golden/optional/expected.js";
import type { Everything } from "../golden/struct-fixed/expected.js";
import type { XdrCodec } from "tsrpcgen/xdr";
import { StringentryCodec } from "../golden/lists/expected.js";
import { sameType } from "./expect.js";

sameType<Everything["h"], bigint>(true);
sameType<Everything["i" | "u" | "f" | "d"], number>(true);
sameType<Everything["b"], boolean>(true);
sameType<Everything["q" | "tag"], Uint8Array>(true);
sameType<typeof HEX, 31>(true);
sameType<typeof BEYOND_EXACT | typeof ALL_BITS, 9007199254740992n | 18446744073709551615n>(true);
sameType<Variable["hypers"], bigint[]>(true);
sameType<typeof StringentryCodec, XdrCodec<Stringentry>>(true);

// A pointer is there or null; it is never left out.
sameType<Options["number"], number | null>(true);
sameType<Journey["stops"][number], Options["where"]>(true);
sameType<Entry["nextentry"], Entry | null>(true);

export const last: Stringentry = { item: "last", next: null };
// @ts-expect-error the link of the last node is null, not missing
export const linkless: Stringentry = { item: "last" };
// @ts-expect-error nor undefined
export const undefinedLink: Stringentry = { item: "last", next: undefined };
// @ts-expect-error a hyper is a bigint
export const numberForHyper: Pick<Everything, "h"> = { h: 1 };

export function narrowed(value: number): Color | undefined {
  if (isColor(value)) return value;
  // @ts-expect-error a number is no enum until it is looked at
  return value;
}

// Two names for one number are one type.
export const ok: typeof Status.OK = Status.FINE;
// @ts-expect-error 3 is none of the enum's numbers
export const bad: Status = 3;
// @ts-expect-error an enum's object does not change
Status.OK = 1;
