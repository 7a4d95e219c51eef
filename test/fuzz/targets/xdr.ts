/** Generated codecs: whatever the bytes, they give a value or an XdrError, and a value gives back the bytes that it came from. */
import assert from "node:assert/strict";
import { decode, encode, XdrError, type XdrStrictness } from "tsrpcgen/xdr";
import type { FuzzTarget } from "../harness.ts";
import type { Random } from "../random.ts";
import { codecsOf, type NamedCodec } from "../xdr-modules.ts";

const CASES: readonly string[] = [
  ..."anonymous arrays arrays-typed constants enums floats hyper-number lists open-enums optional recursion rfc4506".split(
    " ",
  ),
  ..."strings strings-bytes strings-latin1 structs typedefs union-arms unions".split(" "),
];

const MODES: readonly XdrStrictness[] = ["strict", "tolerant", "lenient"];

/** Milliseconds for some hundred bytes, three times. */
const LIMIT_MS = 500;

/** Steps in which bytes grow into what a codec takes. */
const STEPS = 60;

const target: FuzzTarget = {
  name: "xdr",
  about: "decoders throw XdrErrors alone, and what they take strictly is encoded to the same bytes",
  async run(context) {
    const codecs = await codecsOf(CASES);
    for (let random = context.next(); random !== undefined; random = context.next()) {
      const codec = random.pick(codecs);
      const bytes = random.oneIn(4) ? words(random) : grown(random, codec);
      await context.attempt(random.oneIn(2) ? mutated(random, bytes) : bytes, {
        check: (candidate) => {
          tryBytes(codec, candidate);
        },
        limitMs: LIMIT_MS,
        about: codec.name,
      });
    }
  },
};
export default target;

function tryBytes({ codec }: NamedCodec, bytes: Uint8Array): void {
  for (const strictness of MODES) {
    const whole = orXdrError(() => decode(codec, bytes, { strictness }));
    if (whole === undefined) continue;
    // What a tolerant reader takes, such as any enum in lenient mode, may be no value of the type: an XdrError says so.
    const again = orXdrError(() => encode(codec, whole.value));
    if (strictness !== "strict") continue;
    assert.ok(again !== undefined, "what strict decoding takes can't be encoded");
    const expected = sameNaNs(bytes, again.value);
    assert.equal(Buffer.from(again.value).toString("hex"), expected, "what strict decoding takes is not canonical");
  }
}

/** The bytes in hexadecimal, with signalling NaNs made quiet where JavaScript, which knows no others, made them so. */
function sameNaNs(bytes: Uint8Array, again: Uint8Array): string {
  const expected = Buffer.from(bytes);
  if (again.length !== bytes.length) return expected.toString("hex");
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = expected.readUInt32BE(at);
    const isFloat = (word & 0x7f80_0000) === 0x7f80_0000 && (word & 0x007f_ffff) !== 0;
    const isDouble = (word & 0x7ff0_0000) === 0x7ff0_0000;
    const quiet = Buffer.from(again).readUInt32BE(at);
    if (isFloat && quiet === (word | 0x0040_0000) >>> 0) expected.writeUInt32BE(quiet, at);
    if (isDouble && quiet === (word | 0x0008_0000) >>> 0) expected.writeUInt32BE(quiet, at);
  }
  return expected.toString("hex");
}

function orXdrError<T>(what: () => T): { readonly value: T } | undefined {
  try {
    return { value: what() };
  } catch (error) {
    if (error instanceof XdrError) return undefined;
    throw error;
  }
}

/** Bytes that the codec takes, mostly: they grow where it says that they end, and change where it says that they are wrong. */
function grown(random: Random, { codec }: NamedCodec): Uint8Array {
  const bytes: number[] = [];
  for (let steps = 0; steps < STEPS; steps++) {
    try {
      decode(codec, Uint8Array.from(bytes));
      break;
    } catch (error) {
      // It is found again when the bytes are tried.
      if (!(error instanceof XdrError)) break;
      const at = error.code === "XDR_TRUNCATED" ? bytes.length : Math.min(error.offset, bytes.length);
      bytes.splice(at - (at % 4), 4, ...unit(random));
    }
  }
  return Uint8Array.from(bytes);
}

/** Up to forty units of four bytes: small numbers, since lengths, bools and discriminants are small, text, and any bits. */
function words(random: Random): Uint8Array {
  const units = random.times(random.below(random.oneIn(4) ? 40 : 10), () => unit(random));
  const bytes = Uint8Array.from(units.flat());
  return random.oneIn(10) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

function unit(random: Random): number[] {
  switch (random.below(8)) {
    case 0:
      return random.times(4, () => random.below(256));
    case 1:
      return random.times(4, () => random.between(0x61, 0x7a));
    case 2:
      return random.pick([
        [0x80, 0, 0, 0],
        [0xff, 0xff, 0xff, 0xff],
        [0x7f, 0xff, 0xff, 0xff],
        [0x7f, 0xf0, 0, 0],
        [0xff, 0xf8, 0, 1],
        [0x7f, 0xa0, 0, 0],
        [0xc3, 0xa9, 0, 0],
        [0xf0, 0x9f, 0x98, 0x80],
      ]);
    case 3:
      return [0, 0, 0, random.below(256)];
    default:
      return [0, 0, 0, random.below(4)];
  }
}

function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  let list = [...bytes];
  for (let changes = random.between(1, 3); changes > 0; changes--) {
    const at = random.below(list.length + 1);
    const aligned = at - (at % 4);
    switch (random.below(4)) {
      case 0:
        list[Math.min(at, Math.max(0, list.length - 1))] = random.below(256);
        break;
      case 1:
        list.splice(aligned, 4, ...unit(random));
        break;
      case 2:
        list.splice(aligned, 0, ...unit(random));
        break;
      case 3:
        list = random.oneIn(2) ? list.slice(0, at) : [...list, ...list.slice(0, aligned)];
        break;
    }
  }
  return Uint8Array.from(list);
}
