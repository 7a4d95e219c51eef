import assert from "node:assert/strict";
import { XdrReader, XdrWriter, type BulkSwap, setBulkSwap } from "tsrpcgen/xdr";

/** Shorter than what is swapped at once, and longer. */
const LENGTHS = [0, 1, 7, 63, 64, 65, 1000];

const list = <T>(length: number, of: (i: number) => T): T[] => Array.from({ length }, (_, i) => of(i));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

const int32 = (i: number): number => (i * 0x9e3779b1) | 0;
const uint32 = (i: number): number => (i * 0x9e3779b1) >>> 0;
const float = (i: number): number => Math.fround(i * 1.7 - 3);
const double = (i: number): number => i * 1.7 - 3;
const int64 = (i: number): bigint => BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n);
const uint64 = (i: number): bigint => BigInt.asUintN(64, BigInt(i) * 0x9e3779b97f4a7c15n);

/** What one element is in bytes, by Node's own functions. */
function bytesOf(bytes: 4 | 8, store: (to: Buffer) => void): string {
  const to = Buffer.alloc(bytes);
  store(to);
  return to.toString("hex");
}

interface Kind {
  readonly name: string;
  readonly write: (w: XdrWriter, values: never) => void;
  readonly read: (r: XdrReader, count: number) => ArrayLike<unknown>;
  readonly make: (length: number) => ArrayLike<unknown>;
  readonly hex: (i: number) => string;
}

const kinds: readonly Kind[] = [
  {
    name: "int32s",
    write: (w, values) => {
      w.int32s(values, "T.f");
    },
    read: (r, count) => r.int32s(count, "T.f"),
    make: (length) => list(length, int32),
    hex: (i) => bytesOf(4, (to) => to.writeInt32BE(int32(i))),
  },
  {
    name: "uint32s",
    write: (w, values) => {
      w.uint32s(values, "T.f");
    },
    read: (r, count) => r.uint32s(count, "T.f"),
    make: (length) => list(length, uint32),
    hex: (i) => bytesOf(4, (to) => to.writeUInt32BE(uint32(i))),
  },
  {
    name: "floats",
    write: (w, values) => {
      w.floats(values, "T.f");
    },
    read: (r, count) => r.floats(count, "T.f"),
    make: (length) => list(length, float),
    hex: (i) => bytesOf(4, (to) => to.writeFloatBE(float(i))),
  },
  {
    name: "doubles",
    write: (w, values) => {
      w.doubles(values, "T.f");
    },
    read: (r, count) => r.doubles(count, "T.f"),
    make: (length) => list(length, double),
    hex: (i) => bytesOf(8, (to) => to.writeDoubleBE(double(i))),
  },
  {
    name: "int32Array",
    write: (w, values) => {
      w.int32Array(values, "T.f");
    },
    read: (r, count) => r.int32Array(count, "T.f"),
    make: (length) => Int32Array.from(list(length, int32)),
    hex: (i) => bytesOf(4, (to) => to.writeInt32BE(int32(i))),
  },
  {
    name: "uint32Array",
    write: (w, values) => {
      w.uint32Array(values, "T.f");
    },
    read: (r, count) => r.uint32Array(count, "T.f"),
    make: (length) => Uint32Array.from(list(length, uint32)),
    hex: (i) => bytesOf(4, (to) => to.writeUInt32BE(uint32(i))),
  },
  {
    name: "float32Array",
    write: (w, values) => {
      w.float32Array(values, "T.f");
    },
    read: (r, count) => r.float32Array(count, "T.f"),
    make: (length) => Float32Array.from(list(length, float)),
    hex: (i) => bytesOf(4, (to) => to.writeFloatBE(float(i))),
  },
  {
    name: "float64Array",
    write: (w, values) => {
      w.float64Array(values, "T.f");
    },
    read: (r, count) => r.float64Array(count, "T.f"),
    make: (length) => Float64Array.from(list(length, double)),
    hex: (i) => bytesOf(8, (to) => to.writeDoubleBE(double(i))),
  },
  {
    name: "bigInt64Array",
    write: (w, values) => {
      w.bigInt64Array(values, "T.f");
    },
    read: (r, count) => r.bigInt64Array(count, "T.f"),
    make: (length) => BigInt64Array.from(list(length, int64)),
    hex: (i) => bytesOf(8, (to) => to.writeBigInt64BE(int64(i))),
  },
  {
    name: "bigUint64Array",
    write: (w, values) => {
      w.bigUint64Array(values, "T.f");
    },
    read: (r, count) => r.bigUint64Array(count, "T.f"),
    make: (length) => BigUint64Array.from(list(length, uint64)),
    hex: (i) => bytesOf(8, (to) => to.writeBigUInt64BE(uint64(i))),
  },
];

/** The addon's swap as a loop that refuses what the addon does. */
function swapOf(width: 4 | 8): BulkSwap["swap32"] {
  return (to, toByte, from, fromByte, bytes) => {
    assert.equal(bytes % width, 0);
    const source = Buffer.from(from.buffer, from.byteOffset + fromByte, bytes);
    const swapped = Buffer.from(source);
    if (width === 4) swapped.swap32();
    else swapped.swap64();
    swapped.copy(Buffer.from(to.buffer, to.byteOffset + toByte, bytes));
  };
}

function same(made: ArrayLike<unknown>, read: ArrayLike<unknown>): void {
  assert.equal(Object.getPrototypeOf(read), Object.getPrototypeOf(made));
  assert.deepEqual(read, made);
}

for (const swap of ["loops", "a swap of many"]) {
  describe(`xdr: arrays of numbers by ${swap}`, () => {
    before(() => {
      setBulkSwap(() => (swap === "loops" ? undefined : { swap32: swapOf(4), swap64: swapOf(8) }));
    });
    after(() => {
      setBulkSwap(() => undefined);
    });

    for (const { name, write, read, make, hex } of kinds) {
      it(`${name}: the bytes of each element, at each place in a message, and back from unaligned memory`, () => {
        for (const length of LENGTHS)
          for (const before of [0, 1, 2]) {
            const values = make(length);
            const w = new XdrWriter();
            for (let i = 0; i < before; i++) w.int32(i);
            write(w, values as never);
            w.int32(-1); // what follows is where it has to be
            const expected =
              list(before, (i) => bytesOf(4, (to) => to.writeInt32BE(i))).join("") +
              list(length, hex).join("") +
              "ffffffff";
            assert.equal(hexOf(w.bytes()), expected);
            for (const offset of [0, 1, 3, 4]) {
              const memory = new Uint8Array(w.length + offset);
              memory.set(w.bytes(), offset);
              const r = new XdrReader(memory.subarray(offset));
              for (let i = 0; i < before; i++) r.int32();
              const back = read(r, length);
              assert.equal(r.int32(), -1);
              r.end();
              same(values, back);
              memory.fill(0);
              same(values, back); // it has memory of its own
            }
          }
      });

      it(`${name}: what is not there is not allocated`, () => {
        const r = new XdrReader(new Uint8Array(8));
        assert.throws(() => read(r, 2 ** 30), { name: "XdrError", code: "XDR_TRUNCATED", place: "T.f", offset: 0 });
      });

      it(`${name}: ends where maxBytes does`, () => {
        const values = make(100) as never;
        const bytes = list(100, hex).join("").length / 2;
        const w = new XdrWriter({ maxBytes: bytes + 4 });
        w.int32(1);
        write(w, values);
        assert.equal(hexOf(w.bytes()), "00000001" + list(100, hex).join(""));
        const short = new XdrWriter({ maxBytes: bytes + 3 });
        short.int32(1);
        assert.throws(
          () => {
            write(short, values);
          },
          { name: "XdrError", code: "XDR_MAX_BYTES", place: "T.f" },
        );
      });
    }

    it("a typed array may be a view of any part of other memory", () => {
      const memory = new ArrayBuffer(8 * 200);
      for (let i = 0; i < 200; i++) new Float64Array(memory)[i] = double(i);
      for (const length of [3, 100]) {
        const w = new XdrWriter();
        w.float64Array(new Float64Array(memory, 16, length));
        assert.equal(
          hexOf(w.bytes()),
          list(length, (i) => bytesOf(8, (to) => to.writeDoubleBE(double(i + 2)))).join(""),
        );
      }
    });

    it("a NaN of a typed array keeps its bits", () => {
      for (const length of [1, 100]) {
        const bits = new Uint32Array(length).fill(0x7fa00001);
        const w = new XdrWriter();
        w.float32Array(new Float32Array(bits.buffer));
        assert.equal(hexOf(w.bytes()), "7fa00001".repeat(length));
        const back = new XdrReader(w.bytes()).float32Array(length);
        assert.deepEqual(new Uint32Array(back.buffer), bits);
      }
    });

    it("a typed array whose memory was transferred has no elements", () => {
      for (const { name, write, make } of kinds.filter((kind) => kind.name.endsWith("Array")))
        for (const length of [1, 100]) {
          const values = make(length) as Int32Array<ArrayBuffer>;
          structuredClone(values.buffer, { transfer: [values.buffer] });
          assert.equal(values.length, 0);
          const w = new XdrWriter();
          write(w, values as never);
          assert.equal(w.length, 0, name);
        }
    });

    const wrong: readonly (readonly [string, (w: XdrWriter, values: never) => void, unknown, unknown, string])[] = [
      ["an int", (w, values) => { w.int32s(values, "T.f"); }, 1, 2 ** 31, "XDR_RANGE"], // prettier-ignore
      ["an int", (w, values) => { w.int32s(values, "T.f"); }, 1, 0.5, "XDR_RANGE"], // prettier-ignore
      ["an int", (w, values) => { w.int32s(values, "T.f"); }, 1, "1", "XDR_TYPE"], // prettier-ignore
      ["an int", (w, values) => { w.int32s(values, "T.f"); }, 1, 1n, "XDR_TYPE"], // prettier-ignore
      ["an int", (w, values) => { w.int32s(values, "T.f"); }, 1, undefined, "XDR_TYPE"], // prettier-ignore
      ["an unsigned int", (w, values) => { w.uint32s(values, "T.f"); }, 1, -1, "XDR_RANGE"], // prettier-ignore
      ["an unsigned int", (w, values) => { w.uint32s(values, "T.f"); }, 1, null, "XDR_TYPE"], // prettier-ignore
      ["a float", (w, values) => { w.floats(values, "T.f"); }, 1, 1e300, "XDR_RANGE"], // prettier-ignore
      ["a double", (w, values) => { w.doubles(values, "T.f"); }, 1, true, "XDR_TYPE"], // prettier-ignore
    ];
    for (const [what, write, right, value, code] of wrong) {
      it(`${String(value)} (${typeof value}) is not ${what}, wherever it is`, () => {
        for (const length of LENGTHS.slice(1))
          for (const index of [0, length >> 1, length - 1]) {
            const values = list<unknown>(length, () => right);
            values[index] = value;
            const w = new XdrWriter();
            w.int32(0);
            const width = what === "a double" ? 8 : 4;
            assert.throws(() => { write(w, values as never); }, { name: "XdrError", code, place: "T.f", offset: 4 + width * index }); // prettier-ignore
          }
      });
    }
  });
}
