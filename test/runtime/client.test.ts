import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { getEventListeners, once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import {
  type CallOptions,
  RpcClient,
  type RpcConnection,
  RpcError,
  type RpcErrorCode,
  type RpcProcedure,
  callOptions,
  connect,
} from "../../src/runtime/index.ts";
import { BLOB, ECHO, RawPeer, SERVICE, TEXT, serve, words } from "./support.ts";

/** The code that a call fails with. */
async function codeOf(promise: Promise<unknown>): Promise<RpcErrorCode | "none"> {
  try {
    await promise;
    return "none";
  } catch (error) {
    assert(error instanceof RpcError, String(error));
    return error.code;
  }
}

describe("runtime: the client's role", () => {
  let listener: Server;
  let peer: RawPeer;
  let connection: RpcConnection;

  beforeEach(async () => {
    listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const { port } = listener.address() as { port: number };
    connection = await connect(SERVICE, { host: "127.0.0.1", port, reconnect: false });
    peer = RawPeer.over((await accepted)[0]);
  });

  afterEach(async () => {
    peer.socket.destroy();
    await connection.close();
    listener.close();
    await once(listener, "close");
  });

  /** Makes a call, and answers it with these words behind the xid. */
  async function answered<A, R>(procedure: RpcProcedure<A, R>, args: A, ...reply: number[]): Promise<R> {
    const called = connection.call(procedure, args);
    const request = await peer.receive();
    peer.send(Buffer.concat([request.subarray(0, 4), words(...reply)]));
    return called;
  }

  const errors: readonly (readonly [RpcErrorCode, number[], Partial<RpcError>])[] = [
    ["RPC_PROGUNAVAIL", [1, 0, 0, 0, 1], {}],
    ["RPC_PROGVERSMISMATCH", [1, 0, 0, 0, 2, 4, 5], { low: 4, high: 5 }],
    ["RPC_PROCUNAVAIL", [1, 0, 0, 0, 3], {}],
    ["RPC_CANTDECODEARGS", [1, 0, 0, 0, 4], {}],
    ["RPC_SYSTEMERROR", [1, 0, 0, 0, 5], {}],
    ["RPC_VERSMISMATCH", [1, 1, 0, 3, 4], { low: 3, high: 4 }],
    ["RPC_AUTHERROR", [1, 1, 1, 5], { authStat: "AUTH_TOOWEAK" }],
    ["RPC_CANTDECODERES", [1, 7], {}], // no such reply_stat
    ["RPC_CANTDECODERES", [1, 0, 0, 0, 9], {}], // no such accept_stat
    ["RPC_CANTDECODERES", [1, 0, 0, 401], {}], // a verifier that is too long
    ["RPC_CANTDECODERES", [1, 0, 0, 0, 0], {}], // the result is missing
  ];
  for (const [code, reply, details] of errors) {
    it(`${code}: a reply of ${reply.join(" ")}`, async () => {
      await assert.rejects(answered(ECHO, 1, ...reply), (error) => {
        assert(error instanceof RpcError);
        assert.equal(error.code, code);
        assert.equal(error.procedure?.name, "ECHO");
        assert.equal(error.peer?.host, "127.0.0.1");
        assert.match(error.message, /^TEST_PROG version 3 ECHO at tcp 127\.0\.0\.1:\d+: /);
        for (const [key, value] of Object.entries(details)) assert.equal(error[key as keyof RpcError], value);
        if (code === "RPC_CANTDECODERES") assert.equal((error.cause as Error).name, "XdrError");
        return true;
      });
      assert.equal(await answered(ECHO, 1, 1, 0, 0, 0, 0, 7), 7, "the connection goes on");
    });
  }

  it("bytes behind the result are tolerated and counted", async () => {
    assert.equal(await answered(ECHO, 1, 1, 0, 0, 0, 0, 7, 8), 7);
    assert.equal(connection.tolerated, 1);
  });

  it("replies come in any order; those that nobody waits for are dropped", async () => {
    const calls = Array.from({ length: 100 }, (_, i) => connection.call(ECHO, i));
    assert.equal(connection.outstanding, 100);
    const requests: Buffer[] = [];
    while (requests.length < calls.length) requests.push(await peer.receive());
    peer.send(words(0xdead, 1, 0, 0, 0, 0, 1));
    for (const request of requests.reverse()) {
      const echoed = request.subarray(40);
      peer.send(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0), echoed]));
      peer.send(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 5)])); // once more: too late
    }
    assert.deepEqual(await Promise.all(calls), [...calls.keys()]);
    assert.equal(connection.outstanding, 0);
  });

  it("xids count up from a random one", async () => {
    const calls = [connection.call(ECHO, 1, { timeoutMs: 0 }), connection.call(ECHO, 1, { timeoutMs: 0 })];
    const first = (await peer.receive()).readUInt32BE();
    const second = (await peer.receive()).readUInt32BE();
    assert.equal(second, (first + 1) >>> 0);
    await Promise.allSettled(calls);
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    await using other = await connect(SERVICE, {
      host: "127.0.0.1",
      port: (listener.address() as { port: number }).port,
    });
    const otherPeer = RawPeer.over((await accepted)[0]);
    const call = other.call(ECHO, 1, { timeoutMs: 0 });
    const elsewhere = (await otherPeer.receive()).readUInt32BE();
    assert(Math.abs(elsewhere - first) > 16, "two connections began at nearly the same number");
    await Promise.allSettled([call]);
    otherPeer.socket.destroy();
  });

  it("timeouts", async () => {
    assert.equal(await codeOf(connection.call(ECHO, 1, { timeoutMs: 5 })), "RPC_TIMEDOUT");
    assert.equal(await codeOf(connection.call(ECHO, 1, { timeoutMs: 0 })), "RPC_TIMEDOUT");
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: NaN }), RangeError);
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: -1 }), RangeError);
    const forEver = [
      connection.call(ECHO, 1, { timeoutMs: Infinity }),
      connection.call(ECHO, 1, { timeoutMs: 2 ** 40 }),
    ];
    assert.equal(await codeOf(connection.call(ECHO, 1, { timeoutMs: 20 })), "RPC_TIMEDOUT");
    assert.equal(connection.outstanding, 2);
    peer.socket.destroy();
    for (const call of forEver) assert.equal(await codeOf(call), "RPC_CANTRECV");
  });

  it("a signal ends a call, before or during it, and keeps no listener", async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const done = connection.call(ECHO, 1, options);
    const request = await peer.receive();
    peer.send(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, 1)]));
    await done;
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    const during = connection.call(ECHO, 1, options);
    assert.equal(getEventListeners(controller.signal, "abort").length, 1);
    const why = new Error("enough");
    controller.abort(why);
    await assert.rejects(during, { code: "RPC_ABORTED", cause: why });
    await assert.rejects(connection.call(ECHO, 1, options), { code: "RPC_ABORTED", cause: why });
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    assert.equal(connection.outstanding, 0);
  });

  it("a peer that goes away fails what is in flight and what comes later", async () => {
    const calls = [connection.call(ECHO, 1), connection.call(TEXT, "x")];
    await peer.receive();
    peer.socket.destroy();
    for (const call of calls) assert.equal(await codeOf(call), "RPC_CANTRECV");
    await connection.closed;
    assert.equal(await codeOf(connection.call(ECHO, 1)), "RPC_CANTRECV");
  });

  it("a peer that sends a record beyond the bound is cut off", async () => {
    const call = connection.call(ECHO, 1);
    peer.socket.write(Buffer.from("ffffffff", "hex"));
    await assert.rejects(call, (error) => {
      assert(error instanceof RpcError);
      assert.equal(error.code, "RPC_CANTRECV");
      assert.equal((error.cause as { code?: string }).code, "RECORD_TOO_LARGE");
      return true;
    });
  });

  it("closing fails what is in flight; closing again is as good", async () => {
    const call = connection.call(ECHO, 1);
    const closing = connection.close();
    assert.equal(await codeOf(call), "RPC_CLOSED");
    await closing;
    await connection.close();
    assert.equal(await codeOf(connection.call(ECHO, 1)), "RPC_CLOSED");
  });

  it("arguments that do not fit are not sent, and the connection goes on", async () => {
    await assert.rejects(connection.call(ECHO, 2 ** 31), (error) => {
      assert(error instanceof RpcError);
      assert.equal(error.code, "RPC_CANTENCODEARGS");
      assert.equal((error.cause as { code?: string }).code, "XDR_RANGE");
      return true;
    });
    assert.equal(await codeOf(connection.call(BLOB, new Uint8Array(4 * 1024 * 1024))), "RPC_CANTENCODEARGS");
    assert.equal(await answered(ECHO, 1, 1, 0, 0, 0, 0, 7), 7);
  });

  it("a client's defaults hold where a call says nothing; a shared connection outlives its clients", async () => {
    class Client extends RpcClient {
      echo(arg: number, options?: CallOptions): Promise<number> {
        return this.connection.call(ECHO, arg, callOptions(this, options));
      }
    }
    {
      await using client = new Client(connection, { timeoutMs: 5 });
      assert.equal(await codeOf(client.echo(1)), "RPC_TIMEDOUT");
      assert.equal(await codeOf(client.echo(1, { signal: AbortSignal.abort() })), "RPC_ABORTED");
    }
    await peer.receive(); // the call that timed out; the other was never sent
    assert.equal(await answered(ECHO, 1, 1, 0, 0, 0, 0, 7), 7);
  });
});

describe("runtime: connecting", () => {
  it("fails with a code that tells why", async () => {
    const { server, bound } = await serve("tcp");
    await server.close();
    const code = (to: Parameters<typeof connect>[1]): Promise<string> => codeOf(connect(SERVICE, to));
    assert.equal(await code({ host: "127.0.0.1", port: bound.port }), "RPC_CANTCONNECT");
    assert.equal(await code({ path: "/nonexistent/socket" }), "RPC_CANTCONNECT");
    assert.equal(await code({ host: "no-such-host.invalid", port: 1 }), "RPC_UNKNOWNHOST");
    assert.equal(await code({ host: "127.0.0.1", transport: "tcp6", port: 1 }), "RPC_UNKNOWNPROTO");
    assert.equal(await code({ host: "192.0.2.1", transport: "local" }), "RPC_UNKNOWNPROTO");
    assert.equal(await code({ host: "127.0.0.1", portmap: "off" }), "RPC_RPCBFAILURE");
    assert.equal(await code({ transport: "local", portmap: "off" }), "RPC_RPCBFAILURE");
  });

  it("udp: nobody there is told by the kernel; what is too large is not sent", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    await once(socket, "close");
    await using connection = await connect(SERVICE, { host: "127.0.0.1", port, transport: "udp", refusedTimeoutMs: 0 });
    assert.equal(await codeOf(connection.call(ECHO, 1)), "RPC_CANTRECV");
    assert.equal(await codeOf(connection.call(BLOB, new Uint8Array(8800))), "RPC_CANTENCODEARGS");
  });

  it("udp: a reply from elsewhere is not taken", async () => {
    const [server, stranger] = [createSocket("udp4"), createSocket("udp4")];
    server.bind(0, "127.0.0.1");
    stranger.bind(0, "127.0.0.1");
    await Promise.all([once(server, "listening"), once(stranger, "listening")]);
    await using connection = await connect(SERVICE, {
      host: "127.0.0.1",
      port: server.address().port,
      transport: "udp",
    });
    const called = connection.call(ECHO, 1);
    const [request, from] = (await once(server, "message")) as [Buffer, { port: number }];
    const reply = (value: number): Buffer => Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, value)]);
    await new Promise((resolve) => {
      stranger.send(reply(666), from.port, "127.0.0.1", resolve);
    });
    server.send(reply(7), from.port, "127.0.0.1");
    assert.equal(await called, 7);
    server.close();
    stranger.close();
  });
});
