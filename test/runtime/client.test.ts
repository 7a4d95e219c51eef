import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { getEventListeners, once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import {
  type CallOptions,
  type ConnectOptions,
  RpcClient,
  type RpcConnection,
  RpcError,
  type RpcErrorCode,
  callOptions,
  connect,
  connectClient,
} from "../../src/runtime/index.ts";
import { AuthStat } from "../../src/runtime/gen/rpc_msg.ts";
import { DEFAULT_MAX_UDP_BYTES } from "../../src/runtime/limits.ts";
import { XdrError } from "../../src/xdr/index.ts";
import { BLOB, ECHO, NOTHING, PROGRAM, RawPeer, SERVICE, TEXT, VERSION, record, serve, words } from "./support.ts";

/** A listener that speaks by hand, and what to tell `connect` of it. */
class RawServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly to: ConnectOptions;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.to = { host: "127.0.0.1", port, timeoutMs: 5000 };
    server.on("connection", (socket: Socket) => this.#sockets.add(socket));
  }

  static async listen(): Promise<RawServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RawServer(server, (server.address() as { port: number }).port);
  }

  /** A client's connection and this end of it. */
  async meet(options: ConnectOptions = {}): Promise<{ connection: RpcConnection; peer: RawPeer }> {
    const [connection, [socket]] = await Promise.all([
      connect(SERVICE, { ...this.to, ...options }),
      once(this.#server, "connection") as Promise<[Socket]>,
    ]);
    return { connection, peer: RawPeer.over(socket) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers the next call with its xid and these words. */
async function answer(peer: RawPeer, ...rest: number[]): Promise<void> {
  const message = await peer.receive();
  peer.send(Buffer.concat([message.subarray(0, 4), words(...rest)]));
}

/** The error of a call, whose code is as expected. */
async function failure(code: RpcErrorCode, called: Promise<unknown>): Promise<RpcError> {
  const error: unknown = await called.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof RpcError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}

const ACCEPTED = [1, 0, 0, 0] as const;
const DENIED = [1, 1] as const;

describe("runtime: a client and the replies it gets", () => {
  interface Row {
    readonly name: string;
    readonly reply: readonly number[];
    readonly code: RpcErrorCode;
    readonly low?: number;
    readonly high?: number;
    readonly authStat?: string;
    /** Whether something below the RpcError failed. */
    readonly cause?: boolean;
  }
  const rows: Row[] = [
    { name: "PROG_UNAVAIL", reply: [...ACCEPTED, 1], code: "RPC_PROGUNAVAIL" },
    { name: "PROG_MISMATCH", reply: [...ACCEPTED, 2, 4, 7], code: "RPC_PROGVERSMISMATCH", low: 4, high: 7 },
    { name: "PROC_UNAVAIL", reply: [...ACCEPTED, 3], code: "RPC_PROCUNAVAIL" },
    { name: "GARBAGE_ARGS", reply: [...ACCEPTED, 4], code: "RPC_CANTDECODEARGS" },
    { name: "SYSTEM_ERR", reply: [...ACCEPTED, 5], code: "RPC_SYSTEMERROR" },
    { name: "RPC_MISMATCH", reply: [...DENIED, 0, 3, 5], code: "RPC_VERSMISMATCH", low: 3, high: 5 },
    ...Object.entries(AuthStat)
      .filter(([, stat]) => stat !== AuthStat.AUTH_OK)
      .map(([name, stat]): Row => ({ name, reply: [...DENIED, 1, stat], code: "RPC_AUTHERROR", authStat: name })),
    { name: "an accept_stat that does not exist", reply: [...ACCEPTED, 6], code: "RPC_CANTDECODERES", cause: true },
    { name: "a header that is cut", reply: [1, 0, 0], code: "RPC_CANTDECODERES", cause: true },
    { name: "a verifier of 401 bytes", reply: [1, 0, 0, 401, 0], code: "RPC_CANTDECODERES", cause: true },
    { name: "a result that is cut", reply: [...ACCEPTED, 0], code: "RPC_CANTDECODERES", cause: true },
  ];
  for (const { name, reply, code, low, high, authStat, cause = false } of rows) {
    it(`${name}: ${code}`, async () => {
      await using server = await RawServer.listen();
      const { connection, peer } = await server.meet();
      const called = failure(code, connection.call(ECHO, 1));
      await answer(peer, ...reply);
      const error = await called;
      assert.deepEqual([error.low, error.high, error.authStat], [low, high, authStat]);
      assert.equal(error.procedure, ECHO);
      assert.equal(error.peer, connection.peer);
      assert.equal(error.cause instanceof XdrError, cause);
      assert.match(error.message, /^TEST_PROG version 3 ECHO at tcp 127\.0\.0\.1:\d+: /);
      // One bad reply is that call's alone.
      const next = connection.call(ECHO, 2);
      await answer(peer, ...ACCEPTED, 0, 9);
      assert.equal(await next, 9);
      await connection.close();
    });
  }

  it("bytes behind a result are tolerated and counted, or an error where the client is strict", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const called = connection.call(ECHO, 1);
    await answer(peer, ...ACCEPTED, 0, 9, 10);
    assert.equal(await called, 9);
    assert.equal(connection.tolerated, 1);
    await connection.close();
    const strict = await server.meet({ xdr: "strict" });
    const refused = failure("RPC_CANTDECODERES", strict.connection.call(ECHO, 1));
    await answer(strict.peer, ...ACCEPTED, 0, 9, 10);
    assert.equal(((await refused).cause as XdrError).code, "XDR_TRAILING");
    assert.equal(strict.connection.tolerated, 0);
    await strict.connection.close();
  });

  it("drops a reply that nobody waits for, and what is no message", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const called = connection.call(ECHO, 1);
    const xid = (await peer.receive()).readUInt32BE();
    peer.send(words(xid ^ 1, ...ACCEPTED, 0, 1)); // another's
    peer.send(words(xid, 0, 2, PROGRAM, VERSION, 1, 0, 0, 0, 0, 1)); // a call to the client, which serves nothing
    peer.send(words(xid, 2)); // neither call nor reply
    peer.send(words(xid).subarray(0, 3));
    peer.send(words(xid, ...ACCEPTED, 0, 2));
    peer.send(words(xid, ...ACCEPTED, 0, 3)); // answered already
    assert.equal(await called, 2);
    assert.equal(connection.outstanding, 0);
    await connection.close();
  });

  it("matches many calls with replies in any order", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const calls = Array.from({ length: 1000 }, (_, i) => connection.call(ECHO, i));
    const received: Buffer[] = [];
    while (received.length < calls.length) received.push(await peer.receive());
    const xids = new Set(received.map((message) => message.readUInt32BE()));
    assert.equal(xids.size, calls.length);
    assert.equal(connection.outstanding, calls.length);
    for (const message of received.reverse()) {
      const body = Buffer.concat([words(...ACCEPTED, 0), message.subarray(-4)]);
      peer.send(Buffer.concat([message.subarray(0, 4), body]));
    }
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, i) => i),
    );
    await connection.close();
  });
});

describe("runtime: a call that gets no reply", () => {
  it("rejects with RPC_TIMEDOUT, and its late reply is dropped", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    for (const timeoutMs of [0, 1]) {
      const error = await failure("RPC_TIMEDOUT", connection.call(ECHO, 1, { timeoutMs }));
      assert.equal(error.procedure, ECHO);
      assert.equal(error.peer, connection.peer);
      await answer(peer, ...ACCEPTED, 0, 1);
    }
    const next = connection.call(ECHO, 1);
    await answer(peer, ...ACCEPTED, 0, 2);
    assert.equal(await next, 2);
    await connection.close();
  });

  it("takes the connection's timeoutMs where it has none of its own", async () => {
    await using server = await RawServer.listen();
    const { connection } = await server.meet({ timeoutMs: 1000 });
    await failure("RPC_TIMEDOUT", connection.call(ECHO, 1, { timeoutMs: 1 }));
    await connection.close();
    const hurried = await server.meet({ timeoutMs: 1000 });
    hurried.connection.call(ECHO, 1).catch(() => undefined);
    await hurried.connection.close();
  });

  it("refuses a timeoutMs that is no number of milliseconds, and sends nothing", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    for (const timeoutMs of [NaN, -1]) {
      await assert.rejects(connection.call(ECHO, 1, { timeoutMs }), RangeError);
    }
    for (const timeoutMs of [NaN, -1]) {
      await assert.rejects(connect(SERVICE, { ...server.to, timeoutMs }), RangeError);
    }
    const next = failure("RPC_CLOSED", connection.call(ECHO, 5));
    assert.equal((await peer.receive()).readInt32BE(40), 5);
    await connection.close();
    await next;
  });

  it("waits for ever with timeoutMs: Infinity, and longer than Node's timers with as much", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet({ timeoutMs: Infinity });
    for (const options of [{}, { timeoutMs: Infinity }, { timeoutMs: 2 ** 40 }]) {
      const called = connection.call(ECHO, 1, options);
      await answer(peer, ...ACCEPTED, 0, 3);
      assert.equal(await called, 3);
    }
    await connection.close();
  });

  it("rejects with RPC_ABORTED and leaves no listener on the signal", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const before = AbortSignal.abort(new Error("before"));
    const error = await failure("RPC_ABORTED", connection.call(ECHO, 1, { signal: before }));
    assert.equal((error.cause as Error).message, "before");

    const controller = new AbortController();
    const { signal } = controller;
    const during = failure("RPC_ABORTED", connection.call(ECHO, 2, { signal }));
    assert.equal(getEventListeners(signal, "abort").length, 1);
    // Of the two calls the first was not sent.
    assert.equal((await peer.receive()).readInt32BE(40), 2);
    controller.abort(new Error("during"));
    assert.equal(((await during).cause as Error).message, "during");
    assert.equal(getEventListeners(signal, "abort").length, 0);

    const other = new AbortController();
    const answered = connection.call(ECHO, 3, { signal: other.signal });
    await answer(peer, ...ACCEPTED, 0, 4);
    assert.equal(await answered, 4);
    assert.equal(getEventListeners(other.signal, "abort").length, 0);
    await failure("RPC_TIMEDOUT", connection.call(ECHO, 4, { signal: other.signal, timeoutMs: 1 }));
    assert.equal(getEventListeners(other.signal, "abort").length, 0);
    assert.equal(connection.outstanding, 0);
    await connection.close();
  });
});

describe("runtime: the end of a connection", () => {
  it("by the peer: every call rejects with RPC_CANTRECV, and so does a later one", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const calls = [1, 2, 3].map((arg) => failure("RPC_CANTRECV", connection.call(ECHO, arg)));
    await peer.receive();
    peer.socket.end();
    for (const error of await Promise.all(calls)) assert.equal(error.peer, connection.peer);
    await connection.closed;
    const later = await failure("RPC_CANTRECV", connection.call(TEXT, "later"));
    assert.equal(later.procedure, TEXT);
    assert.equal(later.peer, connection.peer);
    assert.match(later.message, /^TEST_PROG version 3 TEXT at tcp 127\.0\.0\.1:\d+: the peer closed the connection$/);
    await connection.close();
  });

  it("by a reset: the cause is the system's", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    const called = failure("RPC_CANTRECV", connection.call(ECHO, 1));
    await peer.receive();
    peer.socket.resetAndDestroy();
    assert.equal(((await called).cause as NodeJS.ErrnoException).code, "ECONNRESET");
    await connection.close();
  });

  it("by a record that exceeds the bounds", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet({ maxRecordBytes: 100 });
    const called = failure("RPC_CANTRECV", connection.call(ECHO, 1));
    await peer.receive();
    peer.socket.write(record(Buffer.alloc(101)));
    assert.equal(((await called).cause as { code?: string }).code, "RECORD_TOO_LARGE");
    await connection.close();
  });

  it("by close: calls in flight and later ones reject with RPC_CLOSED; twice is once", async () => {
    await using server = await RawServer.listen();
    const { connection } = await server.meet();
    const called = failure("RPC_CLOSED", connection.call(ECHO, 1));
    await Promise.all([connection.close(), connection.close()]);
    await called;
    const later = await failure("RPC_CLOSED", connection.call(ECHO, 1));
    assert.equal(later.peer, connection.peer);
    assert.equal(later.procedure, ECHO);
    await connection.close();
  });

  it("by close, while the peer keeps its half open and reads nothing", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet();
    peer.socket.pause();
    await connection.close();
  });
});

describe("runtime: arguments that don't encode", () => {
  it("reject with RPC_CANTENCODEARGS, send nothing, and the connection goes on", async () => {
    await using server = await RawServer.listen();
    const { connection, peer } = await server.meet({ maxRecordBytes: 1000 });
    const error = await failure("RPC_CANTENCODEARGS", connection.call(ECHO, 2 ** 31));
    assert.equal((error.cause as XdrError).code, "XDR_RANGE");
    assert.equal(error.procedure, ECHO);
    const large = await failure("RPC_CANTENCODEARGS", connection.call(BLOB, new Uint8Array(1000)));
    assert.equal((large.cause as XdrError).code, "XDR_MAX_BYTES");
    const thrown = new TypeError("of the codec's");
    const broken = { ...ECHO, args: { ...ECHO.args, encode: () => assert.fail(thrown) } };
    assert.equal((await failure("RPC_CANTENCODEARGS", connection.call(broken, 1))).cause, thrown);
    assert.equal(connection.outstanding, 0);
    const next = connection.call(ECHO, 7);
    const sent = await peer.receive();
    assert.equal(sent.readInt32BE(40), 7);
    peer.send(Buffer.concat([sent.subarray(0, 4), words(...ACCEPTED, 0, 8)]));
    assert.equal(await next, 8);
    await connection.close();
  });

  it("udp: a message over maxUdpBytes, and one at it", async () => {
    const { server, to } = await serve("udp");
    await using connection = await connect(SERVICE, to);
    const header = 44; // of a call with AUTH_NONE, and the blob's length
    const most = DEFAULT_MAX_UDP_BYTES - header;
    assert.equal((await connection.call(BLOB, new Uint8Array(most))).length, most);
    await failure("RPC_CANTENCODEARGS", connection.call(BLOB, new Uint8Array(most + 1)));
    assert.equal(await connection.call(ECHO, 1), 1);
    await server.close();
  });
});

describe("runtime: connect", () => {
  /** A port that was free a moment ago. */
  async function deadPort(): Promise<number> {
    const server = await RawServer.listen();
    await server[Symbol.asyncDispose]();
    return server.to.port ?? 0;
  }

  it("refused: RPC_CANTCONNECT with the system's cause", async () => {
    const port = await deadPort();
    const error = await failure("RPC_CANTCONNECT", connect(SERVICE, { host: "127.0.0.1", port }));
    assert.equal((error.cause as NodeJS.ErrnoException).code, "ECONNREFUSED");
    assert.equal(String(error.peer), `tcp 127.0.0.1:${port}`);
    const path = await failure("RPC_CANTCONNECT", connect(SERVICE, { path: "/nowhere/at.all" }));
    assert.equal((path.cause as NodeJS.ErrnoException).code, "ENOENT");
  });

  it("to what is no address", async () => {
    for (const to of [
      { host: "127.0.0.1", port: 70_000 },
      { host: "127.0.0.1", port: 70_000, transport: "udp" },
      { host: "127.0.0.1", port: -1 },
      { path: "/" + "x".repeat(200) },
      { path: "" },
      // The kernel refuses to connect a udp socket to the broadcast address.
      { host: "255.255.255.255", port: 9, transport: "udp" },
    ] as const) {
      await failure("RPC_CANTCONNECT", connect(SERVICE, to));
    }
  });

  it("to a host without an address, or without one of the family, or by no transport of ours", async () => {
    await failure("RPC_UNKNOWNHOST", connect(SERVICE, { host: "no-such-host.invalid", port: 9 }));
    await failure("RPC_UNKNOWNPROTO", connect(SERVICE, { host: "127.0.0.1", port: 9, transport: "tcp6" }));
    await failure("RPC_UNKNOWNPROTO", connect(SERVICE, { host: "198.51.100.7", transport: "local" }));
    const sctp = { host: "127.0.0.1", port: 9, transport: "sctp" } as unknown as ConnectOptions;
    await failure("RPC_UNKNOWNPROTO", connect(SERVICE, sctp));
  });

  it("without a portmapper needs the port, or the path", async () => {
    await failure("RPC_RPCBFAILURE", connect(SERVICE, { host: "127.0.0.1", portmap: "off" }));
    await failure("RPC_RPCBFAILURE", connect(SERVICE, { transport: "local", portmap: "off" }));
  });

  it("udp to a port where nobody is: the call rejects with RPC_CANTRECV at once, and the connection goes on", async () => {
    const port = await deadPort();
    await using connection = await connect(SERVICE, { host: "127.0.0.1", port, transport: "udp" });
    for (let i = 0; i < 2; i++) {
      const error = await failure("RPC_CANTRECV", connection.call(ECHO, 1));
      assert.equal((error.cause as NodeJS.ErrnoException).code, "ECONNREFUSED");
    }
    const socket = createSocket("udp4").bind(port, "127.0.0.1");
    await once(socket, "listening");
    const called = connection.call(ECHO, 1);
    const [message, from] = (await once(socket, "message")) as [Buffer, { port: number; address: string }];
    const reply = Buffer.concat([message.subarray(0, 4), words(...ACCEPTED, 0, 6)]);
    // Another socket's word is not the server's.
    const stranger = createSocket("udp4");
    await new Promise((resolve) => {
      stranger.send(Buffer.concat([reply.subarray(0, -4), words(666)]), from.port, from.address, resolve);
    });
    socket.send(reply, from.port, from.address);
    assert.equal(await called, 6);
    stranger.close();
    socket.close();
  });
});

describe("runtime: clients over connections", () => {
  class TestClient extends RpcClient {
    echo(arg: number, options?: CallOptions): Promise<number> {
      return this.connection.call(ECHO, arg, callOptions(this, options));
    }
  }

  it("a client's defaults hold for what a call leaves out", async () => {
    const { server, to } = await serve("tcp");
    await using connection = await connect(SERVICE, to);
    const auth = { flavor: 0, marshal: (): void => undefined };
    const client = new RpcClient(connection, { timeoutMs: 7, auth });
    assert.deepEqual(callOptions(client, undefined), { timeoutMs: 7, auth });
    assert.deepEqual(callOptions(client, { timeoutMs: 9 }), { timeoutMs: 9, auth });
    const { signal } = new AbortController();
    assert.deepEqual(callOptions(client, { signal }), { timeoutMs: 7, auth, signal });
    const plain = new RpcClient(connection);
    assert.equal(callOptions(plain, undefined), undefined);
    assert.deepEqual(callOptions(plain, { timeoutMs: 9 }), { timeoutMs: 9 });
    await server.close();
  });

  it("disposing a client closes the connection that was made for it, and no other", async () => {
    const { server, to } = await serve("tcp");
    const shared = await connect(SERVICE, to);
    {
      await using a = new TestClient(shared);
      await using b = new TestClient(shared, { timeoutMs: 5000 });
      assert.deepEqual(await Promise.all([a.echo(1), b.echo(2)]), [1, 2]);
    }
    assert.equal(await new TestClient(shared).echo(3), 3);
    const own = await connectClient(TestClient, PROGRAM, VERSION, to);
    assert.equal(await own.echo(4), 4);
    await own[Symbol.asyncDispose]();
    await failure("RPC_CLOSED", own.echo(5));
    await shared.call(NOTHING, undefined);
    await shared.close();
    await server.close();
  });
});
