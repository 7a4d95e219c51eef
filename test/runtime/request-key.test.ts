import assert from "node:assert/strict";
import { RpcAddress } from "../../src/runtime/address.ts";
import { DuplicateCache } from "../../src/runtime/duplicate-cache.ts";
import { RequestKey, RequestKeys } from "../../src/runtime/request-key.ts";
import { NONE, RequestTable } from "../../src/runtime/request-table.ts";
import { type Parts, begin, bytes, fresh, replayed } from "./duplicates.ts";

function changed(of: Uint8Array, at: number): Uint8Array {
  const copy = of.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("duplicate cache: which requests are the same", () => {
  const others: readonly Parts[] = [
    { xid: 0xffff_ffff },
    { program: 20 },
    { program: 0xf000_0000 },
    { version: 30 },
    { procedure: 40 },
    { host: "10.0.0.2" },
    { args: changed(bytes(8), 0) },
    { args: changed(bytes(8), 7) },
    { args: bytes(12) },
    { args: bytes(0) },
  ];

  for (const transport of ["udp", "udp6", "tcp", "tcp6"] as const) {
    it(`over ${transport} none of those that differ in transport, host, xid, procedure or arguments`, () => {
      const cache = new DuplicateCache();
      fresh(cache, { transport });
      for (const parts of others) fresh(cache, { ...parts, transport });
      for (const parts of others) assert.equal(begin(cache, { ...parts, transport }).kind, "in-progress");
      for (const other of ["udp", "udp6", "tcp", "tcp6"] as const) {
        assert.equal(begin(cache, { transport: other }).kind, other === transport ? "in-progress" : "new");
      }
    });
  }

  for (const transport of ["udp", "udp6"] as const) {
    it(`over ${transport} those of one port, whatever their credential`, () => {
      const cache = new DuplicateCache();
      fresh(cache, { transport });
      assert.equal(begin(cache, { transport, credential: bytes(24) }).kind, "in-progress");
      assert.equal(begin(cache, { transport, flavor: 0 }).kind, "in-progress");
      fresh(cache, { transport, port: 701 });
    });
  }

  for (const transport of ["tcp", "tcp6"] as const) {
    it(`over ${transport} those of one credential, whatever their port: a client that has connected again`, () => {
      const cache = new DuplicateCache();
      fresh(cache, { transport }).finish(bytes(4));
      assert.deepEqual(replayed(cache, { transport, port: 701 }), bytes(4));
      fresh(cache, { transport, credential: changed(bytes(20), 19) });
      fresh(cache, { transport, credential: bytes(24) });
      fresh(cache, { transport, credential: bytes(0) });
      fresh(cache, { transport, flavor: 2 });
    });
  }

  it("keeps no bytes of the message: they may be written over", () => {
    const cache = new DuplicateCache();
    const [args, credential] = [bytes(300), Buffer.from(bytes(400))];
    fresh(cache, { transport: "tcp", args, credential });
    args.fill(0);
    credential.fill(0);
    assert.equal(begin(cache, { transport: "tcp", args: bytes(300), credential: bytes(400) }).kind, "in-progress");
    fresh(cache, { transport: "tcp", args, credential });
  });

  it("looks at the first 256 bytes of the arguments, and at their length", () => {
    const cache = new DuplicateCache();
    const args = bytes(260);
    fresh(cache, { args });
    fresh(cache, { args: changed(args, 255) });
    fresh(cache, { args: bytes(264) });
    fresh(cache, { args: bytes(256) });
    fresh(cache, { args: changed(bytes(256), 255) });
    assert.equal(begin(cache, { args: changed(args, 256) }).kind, "in-progress");
  });

  it("compares port and identity themselves, and not their hashes alone", () => {
    const [keys, key] = [new RequestKeys(), new RequestKey()];
    const call = { xid: 1, program: 1, version: 1, procedure: 1, stream: undefined };
    for (let i = 1; i <= 1000; i++) {
      const identity = { flavor: 1, body: Uint8Array.of(0, 0, i >>> 8, i) };
      keys.write(key, { ...call, transport: "tcp", peer: RpcAddress.inet("tcp", "::1", i) }, bytes(0), identity);
      assert.deepEqual([key.caller.port, key.caller.flavor, key.caller.identity], [0, 1, identity.body]);
      keys.write(key, { ...call, transport: "udp", peer: RpcAddress.inet("udp", "::1", i) }, bytes(0), identity);
      assert.deepEqual([key.caller.port, key.caller.flavor, key.caller.identity], [i, -1, bytes(0)]);
    }
  });

  it("holds thousands of them apart", () => {
    const cache = new DuplicateCache({ maxEntries: 20_000 });
    const parts: Parts[] = [];
    for (let i = 0; i < 4000; i++) {
      const word = Uint8Array.of(0, 0, i >>> 8, i);
      parts.push(
        { xid: i },
        { args: word },
        { transport: "tcp", credential: word },
        { port: 1000 + i },
        { host: `h${i}` },
      );
    }
    for (const it of parts) fresh(cache, it).finish(undefined);
    for (const it of parts) assert.equal(begin(cache, it).kind, "done");
  });
});

describe("duplicate cache: requests whose hashes are the same", () => {
  const caller = { transport: "udp", host: "::1", port: 1, flavor: -1, identity: bytes(0) } as const;
  const keyOf = (xid: number): RequestKey => Object.assign(new RequestKey(), { hash: 1, checksum: 1, xid, caller });

  it("are each found, in whatever order the others are removed", () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      for (const remove of ["unlist", "free"] as const) {
        const table = new RequestTable();
        const xids = [10, 11, 12];
        const rows = xids.map((xid) => table.add(keyOf(xid)));
        assert.deepEqual(rows, [0, 1, 2]);
        const left = new Set(rows);
        for (const i of order) {
          xids.forEach((xid, row) => {
            assert.equal(table.find(keyOf(xid)), left.has(row) ? row : NONE);
          });
          table[remove](i);
          left.delete(i);
        }
        for (const xid of xids) assert.equal(table.find(keyOf(xid)), NONE);
      }
    }
  });

  it("and those with the same key are found from the newest on, also when the table has grown", () => {
    const table = new RequestTable();
    const rows: number[] = [];
    for (let xid = 0; xid < 1000; xid++) if (xid % 100 === 0) rows.unshift(table.add(keyOf(-1))); else table.add(Object.assign(keyOf(xid), { hash: xid })); // prettier-ignore
    const found: number[] = [];
    for (let row = table.find(keyOf(-1)); row !== NONE; row = table.findNext(row, keyOf(-1))) found.push(row);
    assert.deepEqual(found, rows);
    table.unlist(rows[3] ?? NONE);
    assert.equal(table.findNext(rows[2] ?? NONE, keyOf(-1)), rows[4]);
  });

  it("a row that is free is the next one's, and what was unlisted is so once", () => {
    const table = new RequestTable();
    const rows = [1, 2, 3].map((xid) => table.add(keyOf(xid)));
    table.unlist(rows[1] ?? NONE);
    table.unlist(rows[1] ?? NONE);
    table.free(rows[1] ?? NONE);
    assert.equal(table.add(keyOf(4)), rows[1]);
    assert.equal(table.add(keyOf(5)), 3);
    assert.deepEqual([1, 2, 3, 4, 5].map((xid) => table.find(keyOf(xid))), [0, NONE, 2, 1, 3]); // prettier-ignore
    for (const row of [0, 1, 2, 3]) table.free(row);
    table.clear();
    assert.equal(table.add(keyOf(6)), 0);
    assert.equal(table.find(keyOf(5)), NONE);
  });
});
