import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { type ConnectOptions, RpcServer, broadcast, connect } from "../../src/runtime/index.ts";
import { ECHO, SERVICE, serve } from "./support.ts";

/** What a user of JavaScript may write, or of TypeScript with a number that came from elsewhere; and what the error says of it. */
const BAD: readonly (readonly [options: object, name: string, message: RegExp])[] = [
  [{ timeoutMs: NaN }, "RangeError", /^timeoutMs is NaN,/],
  [{ tryTimeoutMs: NaN }, "RangeError", /^tryTimeoutMs is NaN,/],
  [{ tryTimeoutMs: -1 }, "RangeError", /^tryTimeoutMs is -1,/],
  [{ idleTimeoutMs: -1 }, "RangeError", /^idleTimeoutMs is -1,/],
  [{ xdr: "foo" }, "RangeError", /^xdr is "foo", not one of "strict", "tolerant", "lenient"$/],
  [{ xdr: null }, "RangeError", /^xdr is null,/],
  [{ reconnect: "yes" }, "TypeError", /^reconnect is "yes",/],
  [{ reconnect: 3 }, "TypeError", /^reconnect is 3,/],
  [{ reconnect: { maxAttempts: NaN } }, "RangeError", /^reconnect.maxAttempts is NaN,/],
  [{ reconnect: { maxAttempts: 0 } }, "RangeError", /^reconnect.maxAttempts is 0,/],
  [{ reconnect: { maxAttempts: -1 } }, "RangeError", /^reconnect.maxAttempts is -1,/],
  [{ reconnect: { maxAttempts: 1.5 } }, "RangeError", /^reconnect.maxAttempts is 1.5,/],
  [{ reconnect: { initialDelayMs: -1 } }, "RangeError", /^reconnect.initialDelayMs is -1,/],
  [{ reconnect: { initialDelayMs: NaN } }, "RangeError", /^reconnect.initialDelayMs is NaN,/],
  [{ reconnect: { maxDelayMs: NaN } }, "RangeError", /^reconnect.maxDelayMs is NaN,/],
];

describe("runtime: options whose value is none", () => {
  for (const [options, name, message] of BAD) {
    it(`connect: ${message.source}, and nothing is opened`, async () => {
      let connections = 0;
      const listener = createServer((socket) => {
        connections++;
        socket.destroy();
      });
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      const to: ConnectOptions = { host: "127.0.0.1", port: (listener.address() as { port: number }).port };
      await assert.rejects(connect(SERVICE, { ...to, ...options }), { name, message });
      await assert.rejects(connect(SERVICE, { ...to, transport: "udp", ...options }), { name, message });
      // Behind what would have been opened.
      await assert.rejects(connect(SERVICE, { ...to, tls: "required" }), { code: "RPC_CANTCONNECT" });
      assert.equal(connections, 1);
      listener.close();
    });
  }

  it("what is one is taken", async () => {
    const { server, to } = await serve("tcp");
    const good: ConnectOptions[] = [
      { reconnect: { maxAttempts: Infinity, initialDelayMs: 0, maxDelayMs: Infinity }, tryTimeoutMs: Infinity },
      { reconnect: { maxAttempts: 1, initialDelayMs: Infinity }, xdr: "lenient", tryTimeoutMs: 0 },
      { reconnect: true, idleTimeoutMs: Infinity, xdr: "strict", timeoutMs: 5000.5 },
    ];
    for (const options of good) {
      await using connection = await connect(SERVICE, { ...to, ...options });
      assert.equal(await connection.call(ECHO, 1), 1);
    }
    await server.close();
  });

  it("a call's: it rejects, and the connection goes on", async () => {
    const { server, to } = await serve("tcp");
    await using connection = await connect(SERVICE, to);
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: NaN }), {
      name: "RangeError",
      message: /^timeoutMs is NaN/,
    });
    await assert.rejects(connection.call(ECHO, 1, { tryTimeoutMs: -1 }), {
      name: "RangeError",
      message: /^tryTimeoutMs is -1/,
    });
    assert.equal(await connection.call(ECHO, 1), 1);
    assert.equal(connection.outstanding, 0);
    await server.close();
  });

  it("xdr, of a server, of a connection in the process, and of a broadcast", async () => {
    const bad = { xdr: "foo" as "strict" };
    const said = { name: "RangeError", message: /^xdr is "foo"/ };
    assert.throws(() => new RpcServer(bad), said);
    const server = new RpcServer();
    assert.throws(() => server.connect(bad), said);
    assert.equal(server.connections, 0);
    const replies = broadcast(ECHO, 1, { addresses: ["127.0.0.1"], port: 1, ...bad });
    const ask = async (): Promise<unknown> => replies[Symbol.asyncIterator]().next();
    await assert.rejects(ask(), said);
  });
});
