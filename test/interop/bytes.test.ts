import assert from "node:assert/strict";
import { decode, encode } from "tsrpcgen/xdr";
import type { XdrCodec } from "tsrpcgen/xdr";
import { cPrograms } from "./c-programs.ts";
import {
  ArraysCodec,
  ByBoolCodec,
  ByEnumCodec,
  ByIntCodec,
  Color,
  EverythingCodec,
  IntegersCodec,
  ListCodec,
  NEGATIVE,
  NumbersCodec,
  OptionalsCodec,
  RealsCodec,
  TextsCodec,
} from "./gen/types.ts";
import { C_TOOLS, needs, run } from "./namespace.ts";
import { ARRAYS, EVERYTHING, INTEGERS, LIST, NUMBERS, OPTIONALS, REALS, TEXTS, UNION } from "./values.ts";

interface Case {
  /** Bytes of the value as our codec writes them. */
  readonly encoded: () => Uint8Array;
  /** Reads C's bytes with our codec, and compares with the value. */
  readonly check: (bytes: Uint8Array) => void;
}

function sameValue<T>(codec: XdrCodec<T>, value: T): Case {
  return {
    encoded: () => encode(codec, value),
    check: (bytes) => {
      assert.deepEqual(decode(codec, bytes), value);
    },
  };
}

const CASES: Readonly<Record<string, Case>> = {
  integers: sameValue(IntegersCodec, INTEGERS),
  reals: sameValue(RealsCodec, REALS),
  texts: sameValue(TextsCodec, TEXTS),
  arrays: sameValue(ArraysCodec, ARRAYS),
  optionals: sameValue(OptionalsCodec, OPTIONALS),
  list: sameValue(ListCodec, LIST),
  "byInt.place": sameValue(ByIntCodec, { which: 1, place: { x: 5, y: -6 } }),
  "byInt.void": sameValue(ByIntCodec, { which: NEGATIVE }),
  "byInt.default": sameValue(ByIntCodec, { which: 99, other: 2n ** 64n - 1n }),
  "byEnum.raw": sameValue(ByEnumCodec, { c: Color.GREEN, raw: Uint8Array.of(1, 2, 0) }),
  "byEnum.void": sameValue(ByEnumCodec, { c: Color.BLUE }),
  "byBool.true": sameValue(ByBoolCodec, UNION),
  "byBool.false": sameValue(ByBoolCodec, { known: false }),
  numbers: sameValue(NumbersCodec, NUMBERS),
  everything: sameValue(EverythingCodec, EVERYTHING),
};

describe("interop: the bytes of C's own routines", function () {
  this.timeout(60_000);
  const fromC = new Map<string, string>();

  before(needs({ commands: C_TOOLS }));
  before(async () => {
    const { stdout } = await run((await cPrograms()).types_bytes, []);
    for (const line of stdout.trim().split("\n")) {
      const [name = "", hex = ""] = line.split(" ");
      fromC.set(name, hex);
    }
  });

  it("are of the values that are compared here, no more and no less", () => {
    assert.deepEqual([...fromC.keys()].sort(), Object.keys(CASES).sort());
  });

  for (const [name, { encoded, check }] of Object.entries(CASES)) {
    it(`${name}: ours are the same, and we read theirs`, () => {
      const hex = fromC.get(name);
      assert.equal(Buffer.from(encoded()).toString("hex"), hex);
      check(Buffer.from(hex ?? "", "hex"));
    });
  }
});
