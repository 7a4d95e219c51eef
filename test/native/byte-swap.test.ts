import assert from "node:assert/strict";
import { addon } from "../../src/ipc/addon.ts";
import type { BulkSwap } from "tsrpcgen/xdr";
import { whyNoAddon } from "./addon.ts";

describe("the addon's byte swap", () => {
  let native: BulkSwap;
  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) {
      native = addon() as BulkSwap;
      return;
    }
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 0xff);

  for (const [width, name] of [
    [4, "swap32"],
    [8, "swap64"],
  ] as const) {
    it(`${name} reverses each of any number of them, at any place in memory`, () => {
      for (const count of [0, 1, 3, 4, 7, 8, 9, 33, 1000])
        for (const offset of [0, 1, 4, 5]) {
          const bytes = width * count;
          const from = numbered(bytes + 16);
          const to = new Uint8Array(bytes + 16).fill(0xee);
          native[name](to, offset, from, 3, bytes);
          const expected = new Uint8Array(bytes + 16).fill(0xee);
          for (let i = 0; i < bytes; i += width)
            for (let k = 0; k < width; k++) expected[offset + i + k] = from[3 + i + width - 1 - k] ?? 0;
          assert.deepEqual(to, expected);
        }
    });

    it(`${name} works within one array, in place and to the front`, () => {
      for (const gap of [0, 4]) {
        const bytes = width * 100;
        const array = numbered(bytes + 16);
        const apart = new Uint8Array(bytes);
        native[name](apart, 0, array, 4 + gap, bytes);
        native[name](array, 4, array, 4 + gap, bytes);
        assert.deepEqual(array.subarray(4, 4 + bytes), apart);
      }
    });

    it(`${name} takes typed arrays of any kind, and refuses what lies beyond them`, () => {
      const from = BigInt64Array.of(1n, 2n);
      const to = new Int32Array(4);
      native[name](to, 0, from, 0, 16);
      assert.equal(Buffer.from(to.buffer).readUInt8(width - 1), 1);
      const beyond = { name: "RangeError" };
      assert.throws(() => { native[name](to, 8, from, 0, 16); }, beyond); // prettier-ignore
      assert.throws(() => { native[name](to, 0, from, 8, 16); }, beyond); // prettier-ignore
      assert.throws(() => { native[name](to, 17, from, 0, 0); }, beyond); // prettier-ignore
      assert.throws(() => { native[name](to, 0, from, 0, 2); }, beyond); // prettier-ignore
      assert.throws(() => { native[name](to, 2 ** 53 - 1, from, 0, 16); }, beyond); // prettier-ignore
      assert.throws(() => { native[name](to, -1, from, 0, 16); }, TypeError); // prettier-ignore
      assert.throws(() => { native[name](to, 0, {} as never, 0, 16); }, TypeError); // prettier-ignore
      assert.throws(() => { native[name](to, 0, new DataView(from.buffer), 0, 16); }, TypeError); // prettier-ignore
    });
  }
});
