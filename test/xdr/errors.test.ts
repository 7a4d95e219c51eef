import assert from "node:assert/strict";
import {
  type XdrCodec,
  XdrError,
  type XdrErrorCode,
  XdrReader,
  type XdrStrictness,
  XdrWriter,
  decode,
  encode,
  int32Codec,
  stringCodec,
} from "../../src/xdr/index.ts";

const isKind = (value: number): value is 0 | 1 => value === 0 || value === 1;
const reader = (hex: string, strictness: XdrStrictness = "strict"): XdrReader =>
  new XdrReader(Buffer.from(hex, "hex"), { strictness });

function rejects(action: () => unknown, code: XdrErrorCode, offset: number, message: RegExp): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof XdrError, String(error));
    assert.equal(error.code, code);
    assert.equal(error.place, "T.f");
    assert.equal(error.offset, offset);
    assert.match(error.message, /^T\.f at byte \d+: /);
    assert.match(error.message, message);
    return true;
  });
}

describe("xdr: what a writer refuses", () => {
  const cases: readonly (readonly [string, (w: XdrWriter) => void, XdrErrorCode, RegExp])[] = [
    ["int 2^31", (w) => { w.int32(2 ** 31, "T.f"); }, "XDR_RANGE", /2147483648 is not a 32-bit integer/],
    ["int 1.5", (w) => { w.int32(1.5, "T.f"); }, "XDR_RANGE", /1\.5 is not/],
    ["int NaN", (w) => { w.int32(NaN, "T.f"); }, "XDR_RANGE", /NaN is not/],
    ["int as a string", (w) => { w.int32("5" as never, "T.f"); }, "XDR_TYPE", /string is not/],
    ["int undefined", (w) => { w.int32(undefined as never, "T.f"); }, "XDR_TYPE", /undefined is not/],
    [
      "int as a bigint",
      (w) => {
        w.int32(1n as never, "T.f");
      },
      "XDR_TYPE",
      /1n is not a 32-bit integer/,
    ],
    ["unsigned -1", (w) => { w.uint32(-1, "T.f"); }, "XDR_RANGE", /-1 is not an unsigned/],
    ["char 128", (w) => { w.int8(128, "T.f"); }, "XDR_RANGE", /8-bit/],
    ["unsigned char 256", (w) => { w.uint8(256, "T.f"); }, "XDR_RANGE", /8-bit/],
    ["short 32768", (w) => { w.int16(32768, "T.f"); }, "XDR_RANGE", /16-bit/],
    ["unsigned short -1", (w) => { w.uint16(-1, "T.f"); }, "XDR_RANGE", /16-bit/],
    ["hyper 2^63", (w) => { w.int64(2n ** 63n, "T.f"); }, "XDR_RANGE", /9223372036854775808n is not a 64-bit bigint/],
    ["hyper as a number", (w) => { w.int64(5 as never, "T.f"); }, "XDR_TYPE", /5 is not a 64-bit bigint/],
    ["unsigned hyper -1", (w) => { w.uint64(-1n, "T.f"); }, "XDR_RANGE", /-1n/],
    ["float 1e300", (w) => { w.float(1e300, "T.f"); }, "XDR_RANGE", /single-precision/],
    ["float null", (w) => { w.float(null as never, "T.f"); }, "XDR_TYPE", /null is not a number/],
    ["double as a bigint", (w) => { w.double(1n as never, "T.f"); }, "XDR_TYPE", /1n is not a number/],
    ["bool 1", (w) => { w.bool(1 as never, "T.f"); }, "XDR_TYPE", /1 is not a boolean/],
    ["enum 7", (w) => { w.enum(7 as never, isKind, "T.f"); }, "XDR_ENUM", /7 is not one of/],
    ["string of another type", (w) => { w.string(5 as never, "T.f"); }, "XDR_TYPE", /expected a string, got 5/],
    ["string too long, in bytes", (w) => { w.string("éé", "T.f", 3); }, "XDR_LENGTH", /string of 4 bytes exceeds 3/],
    ["high surrogate alone", (w) => { w.string("a\ud800", "T.f"); }, "XDR_UTF8", /lone surrogate/],
    ["low surrogate alone", (w) => { w.string("\udc00a", "T.f"); }, "XDR_UTF8", /lone surrogate/],
    ["latin1 of another type", (w) => { w.latin1(null as never, "T.f"); }, "XDR_TYPE", /expected a string, got null/],
    ["latin1 too long", (w) => { w.latin1("\xe9".repeat(4), "T.f", 3); }, "XDR_LENGTH", /string of 4 bytes exceeds 3/],
    ["latin1 above U+00FF", (w) => { w.latin1("caf\u0100", "T.f"); }, "XDR_LATIN1", /above U\+00FF/],
    ["long latin1 above U+00FF", (w) => { w.latin1("x".repeat(100) + "\u20ac", "T.f"); }, "XDR_LATIN1", /above U\+00FF/],
    ["latin1 of a surrogate pair", (w) => { w.latin1("\ud83d\ude00", "T.f"); }, "XDR_LATIN1", /above U\+00FF/],
    ["opaque too long", (w) => { w.opaque(new Uint8Array(5), "T.f", 4); }, "XDR_LENGTH", /opaque of 5 bytes exceeds 4/],
    ["opaque as an array", (w) => { w.opaque([1] as never, "T.f"); }, "XDR_TYPE", /expected a Uint8Array, got Array/],
    ["fixed opaque too short", (w) => { w.opaqueFixed(new Uint8Array(3), 4, "T.f"); }, "XDR_LENGTH", /3 bytes, the declaration has 4/],
    ["quadruple of 8 bytes", (w) => { w.quadruple(new Uint8Array(8), "T.f"); }, "XDR_LENGTH", /has 16/],
    ["array too long", (w) => { w.arrayLength(4, "T.f", 3); }, "XDR_LENGTH", /array of 4 elements exceeds 3/],
    ["fixed array too long", (w) => { w.fixedLength(4, 3, "T.f"); }, "XDR_LENGTH", /4 elements, the declaration has 3/],
    ["no such arm", (w) => { w.badUnion(3, "T.f"); }, "XDR_UNION", /3 selects no arm/],
    ["missing field of an arm", (w) => { w.missing("T.f"); }, "XDR_TYPE", /missing/],
  ]; // prettier-ignore
  for (const [name, write, code, message] of cases) {
    it(`${name}: ${code}`, () => {
      const w = new XdrWriter();
      w.uint32(0);
      assert.throws(
        () => {
          write(w);
        },
        (error) => {
          assert.ok(error instanceof XdrError, String(error));
          assert.equal(error.code, code);
          assert.equal(error.place, "T.f");
          assert.equal(error.offset, 4);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe("xdr: what a reader refuses", () => {
  const r = reader;
  const cases: readonly (readonly [string, () => unknown, XdrErrorCode, number, RegExp])[] = [
    ["int cut short", () => r("0000").int32("T.f"), "XDR_TRUNCATED", 0, /4 bytes are needed, 2 remain/],
    ["hyper cut short", () => r("00000000").int64("T.f"), "XDR_TRUNCATED", 0, /8 bytes/],
    ["string longer than the message", () => r("7fffffff61").string("T.f"), "XDR_TRUNCATED", 0, /2147483647 bytes, 1 remain/],
    ["string longer than its bound", () => r("0000000561626364").string("T.f", 4), "XDR_LENGTH", 0, /5 bytes exceeds 4/],
    ["string without its padding", () => r("0000000161").string("T.f"), "XDR_TRUNCATED", 4, /4 bytes/],
    ["string that is not UTF-8", () => r("00000002c3280000").string("T.f"), "XDR_UTF8", 4, /not valid UTF-8/],
    ["long string that is not UTF-8", () => r("00000014" + "ff".repeat(20)).string("T.f"), "XDR_UTF8", 4, /UTF-8/],
    ["surrogate in UTF-8", () => r("00000003eda08000").string("T.f"), "XDR_UTF8", 4, /UTF-8/],
    ["latin1 longer than the message", () => r("7fffffff61").latin1("T.f"), "XDR_TRUNCATED", 0, /2147483647 bytes, 1 remain/],
    ["latin1 longer than its bound", () => r("0000000561626364").latin1("T.f", 4), "XDR_LENGTH", 0, /5 bytes exceeds 4/],
    ["latin1 without its padding", () => r("0000000161").latin1("T.f"), "XDR_TRUNCATED", 4, /4 bytes/],
    ["opaque of 2^32 - 1", () => r("ffffffff").opaque("T.f"), "XDR_TRUNCATED", 0, /4294967295 bytes/],
    ["opaque longer than its bound", () => r("00000004").opaque("T.f", 3), "XDR_LENGTH", 0, /exceeds 3/],
    ["array of 2^32 - 1", () => r("ffffffff").arrayLength("T.f", 4), "XDR_TRUNCATED", 0, /4294967295 elements/],
    ["array longer than its bound", () => r("00000004").arrayLength("T.f", 0, 3), "XDR_LENGTH", 0, /exceeds 3/],
    ["no such arm", () => { const x = r("00000009"); return x.badUnion(x.int32(), "T.f"); }, "XDR_UNION", 0, /9 selects no arm/],
  ]; // prettier-ignore
  for (const [name, read, code, offset, message] of cases) {
    it(`${name}: ${code}`, () => {
      rejects(read, code, offset, message);
    });
  }
});

describe("xdr: the three degrees of strictness", () => {
  // What each degree gives: a value, or the code of its error.
  const cases: readonly (readonly [string, string, (r: XdrReader) => unknown, unknown, unknown, unknown])[] = [
    ["padding of a string", "0000000161000001", (r) => r.string("T.f"), "XDR_PADDING", "a", "a"],
    ["padding of an opaque", "00000001ff0100ff", (r) => r.opaque("T.f").length, "XDR_PADDING", 1, 1],
    ["bool of 2", "00000002", (r) => r.bool("T.f"), "XDR_BOOL", true, true],
    ["presence of 2^32 - 1", "ffffffff", (r) => r.present("T.f"), "XDR_BOOL", true, true],
    ["bytes behind the value", "0000000500", (r) => { const v = r.int32("T.f"); r.end("T.f"); return v; }, "XDR_TRAILING", 5, 5],
    ["number that the enum lacks", "00000009", (r) => r.enum(isKind, "T.f"), "XDR_ENUM", "XDR_ENUM", 9],
    ["char of 300", "0000012c", (r) => r.int8("T.f"), "XDR_RANGE", "XDR_RANGE", 44],
    ["unsigned char of -1", "ffffffff", (r) => r.uint8("T.f"), "XDR_RANGE", "XDR_RANGE", 255],
    ["short of 32768", "00008000", (r) => r.int16("T.f"), "XDR_RANGE", "XDR_RANGE", -32768],
    ["unsigned short of 65537", "00010001", (r) => r.uint16("T.f"), "XDR_RANGE", "XDR_RANGE", 1],
    ["string with a NUL", "0000000361006200", (r) => r.string("T.f"), "a\0b", "a\0b", "a"],
    ["padding of a latin1 string", "00000001e9000001", (r) => r.latin1("T.f"), "XDR_PADDING", "\xe9", "\xe9"],
    ["latin1 string with a NUL", "00000003e9006200", (r) => r.latin1("T.f"), "\xe9\0b", "\xe9\0b", "\xe9"],
    ["string that is not UTF-8", "00000001ff000000", (r) => r.string("T.f"), "XDR_UTF8", "XDR_UTF8", "XDR_UTF8"],
    ["string over its bound", "0000000261620000", (r) => r.string("T.f", 1), "XDR_LENGTH", "XDR_LENGTH", "XDR_LENGTH"],
  ]; // prettier-ignore
  for (const [name, hex, read, ...outcomes] of cases) {
    for (const [i, strictness] of (["strict", "tolerant", "lenient"] as const).entries()) {
      it(`${name}, ${strictness}: ${String(outcomes[i])}`, () => {
        const r = reader(hex, strictness);
        let outcome: unknown;
        try {
          outcome = read(r);
        } catch (error) {
          assert.ok(error instanceof XdrError, String(error));
          outcome = error.code;
          const option = outcomes.slice(i + 1).findIndex((later) => later !== error.code);
          if (option >= 0) {
            const accepts = (["strict", "tolerant", "lenient"] as const)[i + 1 + option];
            assert.ok(error.message.endsWith(`(accepted with xdr: "${accepts}")`), error.message);
          }
        }
        assert.equal(outcome, outcomes[i]);
        const accepted = outcome !== outcomes[0];
        assert.equal(r.tolerated, accepted ? 1 : 0);
      });
    }
  }
});

describe("xdr: what decode returns", () => {
  it("opaque values are plain Uint8Arrays, copied below 256 bytes and views from there on", () => {
    for (const [length, view] of [
      [255, false],
      [256, true],
    ] as const) {
      const message = Buffer.alloc(4 + 256);
      message.writeUInt32BE(length);
      const value = new XdrReader(message).opaque();
      assert.equal(Object.getPrototypeOf(value), Uint8Array.prototype);
      assert.equal(value.length, length);
      assert.equal(value.buffer === message.buffer, view);
    }
  });

  it("decode() is strict and takes the whole input; encode() gives bytes of its own", () => {
    const bytes = encode(stringCodec, "abc");
    assert.equal(bytes.buffer.byteLength, 8);
    assert.equal(decode(stringCodec, bytes), "abc");
    assert.throws(() => decode(int32Codec, bytes), { code: "XDR_TRAILING", offset: 4 });
    assert.equal(decode(int32Codec, bytes, { strictness: "tolerant" }), 3);
  });

  it("a codec's failure leaves a writer that works after reset()", () => {
    const w = new XdrWriter();
    const bad: XdrCodec<number> = {
      encode: (to, value) => {
        to.enter();
        to.int32(value);
        to.fail("XDR_UNION", "no", "T.f");
      },
      decode: (r) => r.int32(),
    };
    for (let i = 0; i < 1000; i++) {
      assert.throws(() => {
        bad.encode(w, 1);
      }, XdrError);
      w.reset();
    }
    w.int32(7);
    assert.equal(Buffer.from(w.bytes()).toString("hex"), "00000007");
  });
});
