import assert from "node:assert/strict";
import { XdrReader, XdrWriter } from "../../src/xdr/index.ts";

/** Eight bytes, 1 to 8. */
function message(): Uint8Array {
  return Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
}

describe("xdr: a reader's reset()", () => {
  it("reads the same array again, as it is now", () => {
    const bytes = message();
    const r = new XdrReader(bytes);
    assert.equal(r.uint32(), 0x01020304);
    bytes[0] = 9;
    r.reset(bytes);
    assert.deepEqual([r.position, r.remaining], [0, 8]);
    assert.equal(r.uint32(), 0x09020304);
    r.reset(bytes, 4);
    assert.deepEqual([r.position, r.remaining], [4, 4]);
    assert.equal(r.uint32(), 0x05060708);
  });

  it("reads other arrays of the same memory, and of other memory, also as long as the one before", () => {
    const bytes = message();
    const r = new XdrReader(bytes.subarray(0, 4));
    assert.equal(r.uint32(), 0x01020304);
    assert.equal(r.reset(bytes.subarray(4, 8)).uint32(), 0x05060708);
    assert.equal(r.reset(Uint8Array.of(0, 0, 1, 0)).uint32(), 256);
    assert.equal(r.reset(Buffer.from([0, 0, 2, 0])).uint32(), 512);
    assert.equal(r.reset(bytes.subarray(2, 6)).uint32(), 0x03040506);
    assert.equal(r.remaining, 0);
  });

  it("sees that an array's memory was transferred: nothing is there", () => {
    const bytes = message();
    const r = new XdrReader(bytes);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
    r.reset(bytes);
    assert.equal(r.remaining, 0);
    assert.throws(() => r.uint32(), { code: "XDR_TRUNCATED" });
  });

  it("sees that an array has grown or shrunk with its memory", () => {
    const Resizable = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const memory = new Resizable(4, { maxByteLength: 8 });
    const bytes = new Uint8Array(memory);
    const r = new XdrReader(bytes);
    memory.resize(8);
    bytes.set(message());
    r.reset(bytes);
    assert.equal(r.remaining, 8);
    assert.deepEqual([r.uint32(), r.uint32()], [0x01020304, 0x05060708]);
    memory.resize(4);
    r.reset(bytes);
    assert.equal(r.uint32(), 0x01020304);
    assert.throws(() => r.uint32(), { code: "XDR_TRUNCATED" });
  });
});

describe("xdr: a writer's bytes()", () => {
  const hex = (w: XdrWriter): string => Buffer.from(w.bytes()).toString("hex");

  it("are what was written, also where that is as long as before, and after the buffer has grown", () => {
    const w = new XdrWriter();
    assert.equal(hex(w), "");
    w.uint32(1);
    assert.equal(hex(w), "00000001");
    w.reset();
    assert.equal(hex(w), "");
    w.uint32(2);
    assert.equal(hex(w), "00000002");
    const { capacity } = w;
    w.opaque(new Uint8Array(capacity).fill(7));
    assert(w.capacity > capacity);
    assert.equal(w.bytes().length, 4 + 4 + capacity);
    w.reset();
    w.uint32(3);
    assert.equal(hex(w), "00000003");
    w.reset();
    w.opaque(new Uint8Array(3 * w.capacity));
    w.reset();
    w.uint32(4);
    assert.equal(hex(w), "00000004");
  });
});
