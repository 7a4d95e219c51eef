import assert from "node:assert/strict";
import { pooledCopy } from "../../src/runtime/pooled-copy.ts";

const patterned = (length: number, from: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);

describe("runtime: copies in shared memory", () => {
  it("are plain arrays of their own bytes, of any length, which others do not change", () => {
    // Through several pools, and around what is the longest in one.
    const lengths = [0, 1, 7, 8, 9, 44, 4095, 4096, 4097, 100_000];
    const sources = Array.from({ length: 20 }, () => lengths).flat().map((length, i) => patterned(length, i)); // prettier-ignore
    const copies = sources.map(pooledCopy);
    for (const [i, copy] of copies.entries()) {
      assert.equal(Object.getPrototypeOf(copy), Uint8Array.prototype);
      assert.deepEqual(copy, sources[i]);
    }
    for (const copy of copies) copy.fill(0xff);
    for (const copy of copies) assert(copy.every((byte) => byte === 0xff));
    for (const [i, source] of sources.entries()) assert.deepEqual(source, patterned(source.length, i));
  });

  it("takes a Buffer, and makes no Buffer of it", () => {
    const copy = pooledCopy(Buffer.from("abc"));
    assert(!Buffer.isBuffer(copy));
    assert.deepEqual(copy, Uint8Array.of(97, 98, 99));
  });

  it("are not taken away with the memory of one that is transferred, and go on where it was all the same", () => {
    const [one, other] = [pooledCopy(Uint8Array.of(1)), pooledCopy(Uint8Array.of(2))];
    try {
      // Node 20 clones, later ones refuse.
      structuredClone(one, { transfer: [one.buffer as ArrayBuffer] });
    } catch (error) {
      assert.equal((error as Error).name, "DataCloneError");
    }
    assert.deepEqual([one, other], [Uint8Array.of(1), Uint8Array.of(2)]);
    const taken = pooledCopy(Uint8Array.of(3)).buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
    try {
      taken.transfer?.();
    } catch (error) {
      assert(error instanceof TypeError); // later ones do not let it go
    }
    assert.deepEqual(pooledCopy(Uint8Array.of(4)), Uint8Array.of(4));
  });

  it("share memory, where they are short", () => {
    const [one, two, three] = [1, 2, 3].map((byte) => pooledCopy(Uint8Array.of(byte)).buffer);
    // One of them may be the first of a new pool.
    assert(one === two || two === three);
    assert.equal(pooledCopy(new Uint8Array(5000)).buffer.byteLength, 5000);
  });
});
