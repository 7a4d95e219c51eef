import assert from "node:assert/strict";
import fc from "fast-check";
import { XdrReader, XdrWriter } from "../../src/xdr/index.ts";

type Kind = 0 | 1 | 2;
const isKind = (value: number): value is Kind => value >= 0 && value <= 2;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** How each type is written and read. */
const types = {
  char: {
    write: (w: XdrWriter, v: number): void => {
      w.int8(v);
    },
    read: (r: XdrReader): number => r.int8(),
  },
  uchar: {
    write: (w: XdrWriter, v: number): void => {
      w.uint8(v);
    },
    read: (r: XdrReader): number => r.uint8(),
  },
  short: {
    write: (w: XdrWriter, v: number): void => {
      w.int16(v);
    },
    read: (r: XdrReader): number => r.int16(),
  },
  ushort: {
    write: (w: XdrWriter, v: number): void => {
      w.uint16(v);
    },
    read: (r: XdrReader): number => r.uint16(),
  },
  int: {
    write: (w: XdrWriter, v: number): void => {
      w.int32(v);
    },
    read: (r: XdrReader): number => r.int32(),
  },
  uint: {
    write: (w: XdrWriter, v: number): void => {
      w.uint32(v);
    },
    read: (r: XdrReader): number => r.uint32(),
  },
  hyper: {
    write: (w: XdrWriter, v: bigint): void => {
      w.int64(v);
    },
    read: (r: XdrReader): bigint => r.int64(),
  },
  uhyper: {
    write: (w: XdrWriter, v: bigint): void => {
      w.uint64(v);
    },
    read: (r: XdrReader): bigint => r.uint64(),
  },
  float: {
    write: (w: XdrWriter, v: number): void => {
      w.float(v);
    },
    read: (r: XdrReader): number => r.float(),
  },
  double: {
    write: (w: XdrWriter, v: number): void => {
      w.double(v);
    },
    read: (r: XdrReader): number => r.double(),
  },
  bool: {
    write: (w: XdrWriter, v: boolean): void => {
      w.bool(v);
    },
    read: (r: XdrReader): boolean => r.bool(),
  },
  enum: {
    write: (w: XdrWriter, v: Kind): void => {
      w.enum(v, isKind);
    },
    read: (r: XdrReader): Kind => r.enum(isKind),
  },
  present: {
    write: (w: XdrWriter, v: boolean): void => {
      w.present(v);
    },
    read: (r: XdrReader): boolean => r.present(),
  },
  string: {
    write: (w: XdrWriter, v: string): void => {
      w.string(v);
    },
    read: (r: XdrReader): string => r.string(),
  },
  latin1: {
    write: (w: XdrWriter, v: string): void => {
      w.latin1(v);
    },
    read: (r: XdrReader): string => r.latin1(),
  },
  opaque: {
    write: (w: XdrWriter, v: Uint8Array): void => {
      w.opaque(v);
    },
    read: (r: XdrReader): Uint8Array => r.opaque(),
  },
  opaque5: {
    write: (w: XdrWriter, v: Uint8Array): void => {
      w.opaqueFixed(v, 5);
    },
    read: (r: XdrReader): Uint8Array => r.opaqueFixed(5),
  },
  quadruple: {
    write: (w: XdrWriter, v: Uint8Array): void => {
      w.quadruple(v);
    },
    read: (r: XdrReader): Uint8Array => r.quadruple(),
  },
};
type TypeName = keyof typeof types;

const table: readonly (readonly [TypeName, unknown, string])[] = [
  ["char", 127, "0000007f"],
  ["char", -128, "ffffff80"],
  ["uchar", 255, "000000ff"],
  ["short", -32768, "ffff8000"],
  ["ushort", 65535, "0000ffff"],
  ["int", 0, "00000000"],
  ["int", 1, "00000001"],
  ["int", -1, "ffffffff"],
  ["int", 0x12345678, "12345678"],
  ["int", 2147483647, "7fffffff"],
  ["int", -2147483648, "80000000"],
  ["uint", 4294967295, "ffffffff"],
  ["hyper", 1n, "0000000000000001"],
  ["hyper", -2n, "fffffffffffffffe"],
  ["hyper", -(2n ** 63n), "8000000000000000"],
  ["uhyper", 2n ** 64n - 1n, "ffffffffffffffff"],
  ["float", 1, "3f800000"],
  ["float", -0, "80000000"],
  ["float", Infinity, "7f800000"],
  ["float", NaN, "7fc00000"],
  ["double", 1.5, "3ff8000000000000"],
  ["double", -Infinity, "fff0000000000000"],
  ["double", 5e-324, "0000000000000001"],
  ["bool", true, "00000001"],
  ["bool", false, "00000000"],
  ["enum", 2, "00000002"],
  ["present", true, "00000001"],
  ["string", "", "00000000"],
  ["string", "a", "0000000161000000"],
  ["string", "hé", "0000000368c3a900"],
  ["string", "\ufeffabc\0", "00000007" + "efbbbf61626300" + "00"],
  ["string", "😀", "00000004f09f9880"],
  ["string", "0123456789abcdef0", "00000011" + "3031323334353637383961626364656630" + "000000"],
  ["latin1", "", "00000000"],
  ["latin1", "a", "0000000161000000"],
  ["latin1", "h\u00e9", "0000000268e90000"],
  ["latin1", "\0\x7f\x80\x9f\xa0\xff", "00000006" + "007f809fa0ff" + "0000"],
  ["latin1", "\x80".repeat(13), "0000000d" + "80".repeat(13) + "000000"],
  ["latin1", "\xc3\x28".repeat(33), "00000042" + "c328".repeat(33) + "0000"],
  ["opaque", bytes(), "00000000"],
  ["opaque", bytes(1, 2, 3), "0000000301020300"],
  ["opaque", bytes(1, 2, 3, 4), "0000000401020304"],
  ["opaque5", bytes(1, 2, 3, 4, 5), "0102030405000000"],
  ["quadruple", bytes(0x3f, 0xff, ...new Array<number>(14).fill(0)), "3fff" + "00".repeat(14)],
];

function write(type: TypeName, value: unknown): string {
  const w = new XdrWriter();
  types[type].write(w, value as never);
  return Buffer.from(w.bytes()).toString("hex");
}

function read(type: TypeName, hex: string): unknown {
  const r = new XdrReader(Buffer.from(hex, "hex"));
  const value = types[type].read(r);
  r.end();
  return value;
}

describe("xdr: the bytes of each type (RFC 4506 section 4)", () => {
  for (const [type, value, hex] of table) {
    it(`${type} ${typeof value === "string" ? JSON.stringify(value) : String(value)} is ${hex}`, () => {
      assert.equal(write(type, value), hex);
      assert.deepEqual(read(type, hex), value);
    });
  }

  it("the example of RFC 4506 section 7", () => {
    const w = new XdrWriter();
    w.string("sillyprog", "File.filename", 255);
    w.enum<Kind>(2, isKind, "Filetype.kind");
    w.string("lisp", "Filetype.interpretor", 255);
    w.string("john", "File.owner", 32);
    w.opaque(Buffer.from("(quit)"), "File.data", 65535);
    const expected =
      "00000009" +
      "73696c6c" +
      "7970726f" +
      "67000000" + // "sillyprog"
      "00000002" +
      "00000004" +
      "6c697370" + // EXEC, "lisp"
      "00000004" +
      "6a6f686e" +
      "00000006" +
      "28717569" +
      "74290000"; // "john", "(quit)" // prettier-ignore
    assert.equal(Buffer.from(w.bytes()).toString("hex"), expected);
  });

  it("stores at offsets give the same bytes as items in order", () => {
    const run = new XdrWriter();
    const at = run.reserve(60);
    run.setInt8(at, -1);
    run.setUint8(at + 4, 200);
    run.setInt16(at + 8, -2);
    run.setUint16(at + 12, 60000);
    run.setInt32(at + 16, -3);
    run.setUint32(at + 20, 4e9);
    run.setInt64(at + 24, -4n);
    run.setUint64(at + 32, 5n);
    run.setFloat(at + 40, 0.5);
    run.setDouble(at + 44, 0.25);
    run.setBool(at + 52, true);
    run.setEnum<Kind>(at + 56, 1, isKind);
    const items = new XdrWriter();
    items.int8(-1);
    items.uint8(200);
    items.int16(-2);
    items.uint16(60000);
    items.int32(-3);
    items.uint32(4e9);
    items.int64(-4n);
    items.uint64(5n);
    items.float(0.5);
    items.double(0.25);
    items.bool(true);
    items.enum<Kind>(1, isKind);
    assert.deepEqual(run.bytes(), items.bytes());

    const r = new XdrReader(run.bytes());
    const from = r.take(60);
    assert.deepEqual(
      [r.getInt8(from), r.getUint8(from + 4), r.getInt16(from + 8), r.getUint16(from + 12), r.getInt32(from + 16)],
      [-1, 200, -2, 60000, -3],
    );
    assert.deepEqual(
      [r.getUint32(from + 20), r.getInt64(from + 24), r.getUint64(from + 32), r.getFloat(from + 40)],
      [4e9, -4n, 5n, 0.5],
    );
    assert.deepEqual([r.getDouble(from + 44), r.getBool(from + 52), r.getEnum(from + 56, isKind)], [0.25, true, 1]);
    assert.equal(r.remaining, 0);
  });

  it("any string survives, or is refused: nothing is replaced", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const hex = write("string", text);
        assert.equal(hex.slice(8, 8 + 2 * Buffer.byteLength(text)), Buffer.from(text).toString("hex"));
        assert.equal(read("string", hex), text);
      }),
    );
  });

  it("any bytes are a latin1 string, of as many characters, and come back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        const hex = write("opaque", octets);
        const text = read("latin1", hex) as string;
        assert.deepEqual(
          Array.from(text, (character) => character.charCodeAt(0)),
          [...octets],
        );
        assert.equal(write("latin1", text), hex);
      }),
    );
  });

  it("padding is zero in a buffer that held other bytes before", () => {
    const w = new XdrWriter();
    w.opaque(new Uint8Array(64).fill(0xff));
    w.reset();
    w.string("a");
    w.opaqueFixed(bytes(1), 1);
    assert.equal(Buffer.from(w.bytes()).toString("hex"), "00000001610000000" + "1000000");
  });

  for (const [type, value, hex] of table) {
    it(`a writer grows whichever item comes next: ${type} ${hex.slice(0, 16)}`, () => {
      const w = new XdrWriter();
      while (w.length < 5000) types[type].write(w, value as never);
      assert.equal(Buffer.from(w.bytes()).toString("hex"), hex.repeat((2 * w.length) / hex.length));
    });
  }
});
