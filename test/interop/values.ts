import { Color } from "./gen/types.ts";
import type { Arrays, ByBool, Everything, Integers, List, Optionals, Reals, Texts } from "./gen/types.ts";

/* The values that both sides send: the same as in c/values.c. */

export const INTEGERS: Integers = {
  a: -2_147_483_648,
  b: 4_294_967_295,
  c: 1,
  d: -2,
  e: 3_000_000_000,
  f: -32_768,
  g: 65_535,
  h: -128,
  i: 255,
  j: -(2n ** 63n),
  k: 2n ** 64n - 1n,
};

export const REALS: Reals = { f: 1.5, d: -2.25, yes: true, no: false };

export const TEXTS: Texts = {
  anything: "héllo",
  shortName: "sixteen letters!",
  fixed: Uint8Array.of(1, 2, 3, 4, 5, 6, 7),
  open: Uint8Array.of(0xff, 0xfe, 0, 1, 2),
  bounded: new Uint8Array(),
  sum: Uint8Array.of(10, 11, 12, 13, 14),
};

export const NUMBERS: number[] = [1, -1, 0, 1_234_567_890];

export const ARRAYS: Arrays = {
  open: NUMBERS,
  bounded: [7, 8, 9, 10],
  fixed: [1, 2, 4_294_967_295],
  points: [
    { x: -1, y: 2_147_483_647 },
    { x: 1, y: 2 },
  ],
  more: [
    { x: 1, y: 2 },
    { x: 3, y: 4 },
    { x: -2_147_483_648, y: 5 },
  ],
  colors: [Color.RED, Color.GREEN, Color.BLUE, Color.DEEP],
  doubles: [0.5, -1e300, 0.1],
  hypers: [-1n, 0x0123_4567_89ab_cdefn],
  names: ["", "a", "sixteen letters!"],
};

export const UNION: ByBool = {
  known: true,
  value: { c: Color.RED, inner: { which: 3, label: "three" } },
};

export const LIST: List = {
  id: 1,
  label: "one",
  next: { id: 2, label: "two", next: { id: 3, label: "three", next: null } },
};

export const OPTIONALS: Optionals = {
  here: { x: -1, y: 2_147_483_647 },
  nowhere: null,
  chain: LIST,
  root: {
    value: 2,
    left: { value: 1, left: null, right: null },
    right: { value: 3, left: null, right: null },
  },
};

export const EVERYTHING: Everything = {
  i: INTEGERS,
  r: REALS,
  t: TEXTS,
  a: ARRAYS,
  u: UNION,
  o: OPTIONALS,
  c: Color.DEEP,
};
