import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type Socket, createServer } from "node:net";
import { type RpcError, RpcServer, connect } from "../../src/runtime/index.ts";
import { handleClosed } from "../../src/runtime/closed-handle.ts";
import { KEPT_WRITER_BYTES } from "../../src/runtime/limits.ts";
import { WriterPool } from "../../src/runtime/writer-pool.ts";
import type { XdrWriter } from "../../src/xdr/index.ts";
import { settledBytes } from "./memory.ts";
import { BLOB, ECHO, SERVICE, connectTo, testService } from "./support.ts";

describe("runtime: the end of a connection", () => {
  it("close() does not wait for ever for a peer that reads nothing", async () => {
    const listener = createServer({ pauseOnConnect: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const client = await connect(SERVICE, { host: "127.0.0.1", port: (listener.address() as { port: number }).port });
    const [socket] = await accepted;
    const calls = Array.from({ length: 8 }, () =>
      client.call(BLOB, new Uint8Array(4_000_000)).catch((e: unknown) => e),
    );
    await client.close();
    for (const error of await Promise.all(calls)) assert.equal((error as RpcError).code, "RPC_CLOSED");
    socket.destroy();
    listener.close();
  });

  it("a peer's FIN fails the calls that wait, though it never reads what we wrote", async () => {
    const listener = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const client = await connect(SERVICE, { host: "127.0.0.1", port: (listener.address() as { port: number }).port });
    const [socket] = await accepted;
    const large = client.call(BLOB, new Uint8Array(4_000_000), { timeoutMs: Infinity });
    const small = client.call(ECHO, 1, { timeoutMs: Infinity });
    socket.end();
    await assert.rejects(large, { code: "RPC_CANTRECV" });
    await assert.rejects(small, { code: "RPC_CANTRECV" });
    socket.destroy();
    await client.close();
    listener.close();
  });

  it("leaves no handle behind, when close() of a server and of its clients has resolved", async () => {
    // The descriptors as well, where they can be seen: what the addon waits for is no resource of Node's.
    const handles = (): string[] =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /^(TCP|UDP|Pipe)(Server)?W|^PipeW|^CloseReq/.test(name))
        .concat(process.platform === "linux" ? readdirSync("/proc/self/fd") : [])
        .sort();
    await handleClosed(); // of the tests before
    const before = handles();
    const server = new RpcServer().add(testService());
    const bound = await server.listen({ host: "127.0.0.1", portmap: "off" });
    const clients = await Promise.all(bound.map((each) => connect(SERVICE, connectTo(each))));
    for (const client of clients) assert.equal(await client.call(ECHO, 1), 1);
    assert(handles().length >= before.length + 6, String(handles()));
    for (const client of clients) await client.close();
    await server.close();
    assert.deepEqual(handles(), before);
  });

  it("a writer is kept for the next message; one that is large for the next large one alone, and not from the collector", async () => {
    const pool = new WriterPool();
    const used = (bytes: number): XdrWriter => {
      const w = pool.take();
      w.reserve(bytes);
      pool.give(w);
      return w;
    };
    assert.equal(used(8), used(KEPT_WRITER_BYTES));
    const held = ((): WeakRef<XdrWriter> => {
      const large = used(KEPT_WRITER_BYTES + 4);
      assert.equal(used(KEPT_WRITER_BYTES + 8), large);
      assert.equal(used(8), large);
      assert.notEqual(used(8), large);
      return new WeakRef(large);
    })();
    assert.notEqual(pool.take(), pool.take());
    await settledBytes(); // collects what is garbage
    assert.equal(held.deref(), undefined);
  });
});
