import assert from "node:assert/strict";
import { RpcAddress } from "../../src/runtime/address.ts";
import { DuplicateCache } from "../../src/runtime/duplicate-cache.ts";
import { RequestKey, RequestKeys } from "../../src/runtime/request-key.ts";
import { RequestTable, type TableEntry } from "../../src/runtime/request-table.ts";
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
    const [args, credential] = [bytes(300), bytes(400)];
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
      assert.deepEqual([key.port, key.flavor, key.identity], [0, 1, identity.body]);
      keys.write(key, { ...call, transport: "udp", peer: RpcAddress.inet("udp", "::1", i) }, bytes(0), identity);
      assert.deepEqual([key.port, key.flavor, key.identity], [i, -1, bytes(0)]);
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
  class Request implements TableEntry<Request> {
    readonly key = new RequestKey();
    chained: Request | undefined = undefined;

    constructor(xid: number) {
      const call = {
        xid,
        program: 1,
        version: 1,
        procedure: 1,
        transport: "udp",
        peer: RpcAddress.inet("udp", "::1", 1),
        stream: undefined,
      } as const;
      new RequestKeys().write(this.key, call, bytes(0), { flavor: 0, body: bytes(0) });
      this.key.hash = this.key.checksum = 1;
    }
  }

  it("are each found, in whatever order the others are removed", () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      // prettier-ignore
      const table = new RequestTable<Request>();
      const requests = [10, 11, 12].map((xid) => new Request(xid));
      for (const request of requests) table.add(request);
      const left = new Set(requests);
      for (const i of order) {
        for (const request of requests) {
          assert.equal(table.find(new Request(request.key.xid).key), left.has(request) ? request : undefined);
        }
        const gone = requests[i];
        assert.ok(gone);
        table.remove(gone);
        left.delete(gone);
      }
      for (const { key } of requests) assert.equal(table.find(key), undefined);
    }
  });
});
