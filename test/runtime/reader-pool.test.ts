import assert from "node:assert/strict";
import { KEPT_READER_BYTES } from "../../src/runtime/limits.ts";
import { ReaderPool } from "../../src/runtime/reader-pool.ts";
import { XdrError, XdrReader } from "../../src/xdr/index.ts";
import { heldBytes } from "./memory.ts";
import { words } from "./support.ts";

function reading<T>(pool: ReaderPool, bytes: Uint8Array, position: number, use: (r: XdrReader) => T): T {
  const r = pool.take(bytes, position);
  try {
    return use(r);
  } finally {
    pool.give(r);
  }
}

describe("runtime: readers between messages", () => {
  it("stand at the beginning of each message, or where they are told, wherever in its memory it lies", () => {
    const pool = new ReaderPool({});
    const memory = Buffer.concat([Buffer.of(9), words(1, 2), Buffer.of(9, 9), words(3)]);
    const first = memory.subarray(1, 9);
    const second = memory.subarray(11);
    assert.deepEqual(
      reading(pool, first, 0, (r) => [r.position, r.remaining, r.uint32(), r.uint32(), r.remaining]),
      [0, 8, 1, 2, 0],
    );
    assert.deepEqual(
      reading(pool, second, 0, (r) => [r.position, r.remaining, r.uint32()]),
      [0, 4, 3],
    );
    assert.deepEqual(
      reading(pool, first, 4, (r) => [r.position, r.uint32(), r.position]),
      [4, 2, 8],
    );
  });

  it("read no further than their message, whatever lies behind it in memory", () => {
    const pool = new ReaderPool({});
    const memory = Buffer.concat([Buffer.of(0), words(1), words(2)]);
    const error = reading(pool, memory.subarray(1, 5), 0, (r) => {
      r.uint32();
      try {
        return r.uint32();
      } catch (thrown) {
        return thrown;
      }
    });
    assert(error instanceof XdrError);
    assert.deepEqual([error.code, error.offset], ["XDR_TRUNCATED", 4]);
  });

  it("check the padding by the message, not by its memory", () => {
    const message = Buffer.concat([Buffer.of(7), words(1), Buffer.of(0x61, 0, 1, 0)]);
    const strict = (): unknown => reading(new ReaderPool({}), message.subarray(1), 0, (r) => r.opaque());
    assert.throws(strict, { code: "XDR_PADDING", offset: 6 });
    const pool = new ReaderPool({ strictness: "tolerant" });
    assert.deepEqual(
      reading(pool, message.subarray(1), 0, (r) => [r.opaque()[0], r.tolerated]),
      [0x61, 1],
    );
    assert.equal(
      reading(pool, words(5), 0, (r) => (r.uint32(), r.tolerated)),
      0,
    );
  });

  it("are two where reading one message needs another, and one again behind it", () => {
    const pool = new ReaderPool({});
    const seen = new Set<XdrReader>();
    const value = reading(pool, words(1, 2), 0, (outer) => {
      seen.add(outer);
      const inner = reading(pool, words(7), 0, (r) => {
        seen.add(r);
        return r.uint32();
      });
      return [outer.uint32(), inner, outer.uint32()];
    });
    assert.deepEqual(value, [1, 7, 2]);
    assert.equal(seen.size, 2);
    reading(pool, words(1), 0, (r) => seen.add(r));
    assert.equal(seen.size, 2);
  });

  it("are there again behind a message that is none", () => {
    const pool = new ReaderPool({});
    let failed: XdrReader | undefined;
    assert.throws(() => reading(pool, words(), 0, (r) => ((failed = r), r.uint32())), { code: "XDR_TRUNCATED" });
    assert.equal(
      reading(pool, words(4), 0, (r) => (r === failed ? r.uint32() : 0)),
      4,
    );
  });

  it("hold no more than KEPT_READER_BYTES of a message's memory", async () => {
    const pool = new ReaderPool({});
    const read = (bytes: number): WeakRef<ArrayBuffer> => {
      const memory = new ArrayBuffer(bytes);
      reading(pool, new Uint8Array(memory), 0, (r) => r.uint32());
      return new WeakRef(memory);
    };
    const held = async (bytes: number): Promise<boolean> => {
      const memory = read(bytes);
      await new Promise(setImmediate);
      heldBytes(); // collects what is garbage
      return memory.deref() !== undefined;
    };
    assert.equal(await held(KEPT_READER_BYTES + 4), false);
    assert.equal(await held(KEPT_READER_BYTES), true);
  });
});
