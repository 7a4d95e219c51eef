import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import type { RpcServer } from "../../../src/runtime/index.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { type RawServer, rawServer } from "../conformance/raw.ts";
import { denyAuth } from "../raw-server.ts";
import { RawPeer, record, serve, words } from "../support.ts";
import { BlockingClient } from "./blocking-client.ts";

const LOOPBACK = "127.0.0.1";

describe("blocking clients: what goes wrong", () => {
  let client: BlockingClient;

  before(function () {
    client = new BlockingClient();
    if (whyNoAddon() !== undefined) this.skip();
  });

  after(() => client[Symbol.asyncDispose]());

  describe("a tcp server that does what the test says", () => {
    let listener: Server;
    let port: number;
    let accepted: Promise<[Socket]>;
    let peer: RawPeer;

    beforeEach(async () => {
      listener = createServer();
      listener.listen(0, LOOPBACK);
      await once(listener, "listening");
      ({ port } = listener.address() as { port: number });
      accepted = once(listener, "connection") as Promise<[Socket]>;
      assert.equal((await client.connect({ host: LOOPBACK, port, timeoutMs: 5000 })).error, undefined);
      peer = RawPeer.over((await accepted)[0]);
    });

    afterEach(async () => {
      await client.close();
      peer.socket.destroy();
      listener.close();
      await once(listener, "close");
    });

    it("silence: RPC_TIMEDOUT, when the time is up and not before", async () => {
      for (const timeoutMs of [0, 30, 450]) {
        const { error, ms } = await client.call("ECHO", 1, { timeoutMs });
        assert.equal(error?.code, "RPC_TIMEDOUT");
        assert.match(error.message, new RegExp(`no reply within ${timeoutMs} ms`));
        assert(ms >= timeoutMs, `${ms} ms of ${timeoutMs}`);
      }
    });

    it("a reply in single bytes is a reply; half of one is none", async () => {
      const called = client.call("ECHO", 1);
      const request = await peer.receive();
      const reply = record(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, 7)]));
      peer.socket.setNoDelay(true);
      for (const byte of reply) {
        peer.socket.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      assert.equal((await called).result, 7);
      const late = client.call("ECHO", 1, { timeoutMs: 50 });
      const next = await peer.receive();
      const whole = record(Buffer.concat([next.subarray(0, 4), words(1, 0, 0, 0, 0, 8)]));
      peer.socket.write(whole.subarray(0, 20));
      assert.equal((await late).error?.code, "RPC_TIMEDOUT");
      // Its rest comes in front of the next reply, and is nobody's.
      const last = client.call("ECHO", 1);
      const third = await peer.receive();
      peer.socket.write(whole.subarray(20));
      peer.send(Buffer.concat([third.subarray(0, 4), words(1, 0, 0, 0, 0, 9)]));
      assert.equal((await last).result, 9);
    });

    it("a reply in many fragments, some of them empty", async () => {
      const called = client.call("ECHO", 1);
      const reply = Buffer.concat([(await peer.receive()).subarray(0, 4), words(1, 0, 0, 0, 0, 5)]);
      peer.socket.write(
        Buffer.concat([
          words(4),
          reply.subarray(0, 4),
          words(0),
          words(8),
          reply.subarray(4, 12),
          record(reply.subarray(12)),
        ]),
      );
      assert.equal((await called).result, 5);
    });

    it("the server goes in the middle of a call: RPC_CANTRECV, at once", async () => {
      const called = client.call("ECHO", 1);
      await peer.receive();
      peer.socket.destroy();
      const { error } = await called;
      assert.equal(error?.code, "RPC_CANTRECV");
      assert.match(error.message, /the server may have run the call/);
    });

    it("the server resets the connection in the middle of a call: RPC_CANTRECV, with the system's reason", async () => {
      const called = client.call("ECHO", 1);
      await peer.receive();
      peer.socket.resetAndDestroy();
      const { error } = await called;
      assert.equal(error?.code, "RPC_CANTRECV");
      assert.match(error.message, /ECONNRESET/);
    });

    it("a connection that broke meanwhile is made again for the next call", async () => {
      peer.socket.destroy();
      await once(peer.socket, "close");
      accepted = once(listener, "connection") as Promise<[Socket]>;
      const called = client.call("ECHO", 1);
      peer = RawPeer.over((await accepted)[0]);
      const request = await peer.receive();
      peer.send(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, 6)]));
      assert.equal((await called).result, 6);
      assert.equal((await client.state()).reconnects, 1);
    });

    it("an idempotent call is sent again over another connection", async () => {
      const again = once(listener, "connection") as Promise<[Socket]>;
      const called = client.call("ECHO", 1, { idempotent: true });
      const first = await peer.receive();
      peer.socket.destroy();
      peer = RawPeer.over((await again)[0]);
      const second = await peer.receive();
      assert.deepEqual(second, first, "with the same xid");
      peer.send(Buffer.concat([second.subarray(0, 4), words(1, 0, 0, 0, 0, 3)]));
      assert.equal((await called).result, 3);
      assert.equal((await client.state()).retransmissions, 1);
    });

    it("a server that closes each connection gets an idempotent call three times", async () => {
      let connections = 1;
      listener.on("connection", (socket: Socket) => {
        connections++;
        socket.on("error", () => undefined).on("data", () => socket.destroy());
      });
      const called = client.call("ECHO", 1, { idempotent: true });
      await peer.receive();
      peer.socket.destroy();
      assert.equal((await called).error?.code, "RPC_CANTRECV");
      assert.equal(connections, 3);
    });

    it("with reconnect: false there is no other one", async () => {
      const again = once(listener, "connection") as Promise<[Socket]>;
      await client.connect({ host: LOOPBACK, port, reconnect: false });
      peer = RawPeer.over((await again)[0]);
      peer.socket.destroy();
      await once(peer.socket, "close");
      for (let i = 0; i < 2; i++) {
        const { error } = await client.call("ECHO", 1);
        assert.equal(error?.code, "RPC_CANTRECV");
        assert.match(error.message, /the peer closed the connection/);
      }
      assert.equal((await client.state()).connected, false);
    });

    it("nobody listens any more: RPC_CANTCONNECT, after three attempts", async () => {
      peer.socket.destroy();
      listener.close();
      await once(listener, "close");
      const { error } = await client.call("ECHO", 1);
      assert.equal(error?.code, "RPC_CANTCONNECT");
      assert.match(error.message, /the connection was lost and can't be made again: .*ECONNREFUSED/);
      listener.listen(0, LOOPBACK); // for afterEach
      await once(listener, "listening");
    });

    it("a flavor that gets other credentials by promises is told of", async () => {
      const called = client.call("ECHO", 1, { auth: "refreshes-late" });
      const request = await peer.receive();
      peer.send(denyAuth(request, 2));
      const { error } = await called;
      assert.equal(error?.code, "RPC_AUTHERROR");
      assert.match(error.message, /the flavor 1 gets other credentials by calls that do not block.*promises/);
    });

    it("garbage ends the connection, not the process", async () => {
      const called = client.call("ECHO", 1);
      await peer.receive();
      peer.socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      const { error } = await called;
      assert.equal(error?.code, "RPC_CANTRECV");
      assert.match(error.message, /a record of at least \d+ bytes exceeds/);
    });

    it("a server that does not read: the call's time ends it, and the rest of it is not taken for another", async () => {
      const again = once(listener, "connection") as Promise<[Socket]>;
      await client.connect({ host: LOOPBACK, port, maxRecordBytes: 64 * 1024 * 1024 });
      const [socket] = await again;
      socket.pause();
      const { error } = await client.call("BLOB", new Uint8Array(32 * 1024 * 1024), { timeoutMs: 300 });
      assert.equal(error?.code, "RPC_TIMEDOUT");
      assert.match(error.message, /has not taken the call within 300 ms/);
      assert.equal((await client.state()).connected, false);
      socket.destroy();
    });
  });

  describe("over udp", () => {
    let server: RawServer;

    beforeEach(async () => {
      server = await rawServer("udp");
    });

    it("a datagram without a reply is sent again, with the same xid", async () => {
      const { host, port } = server.to;
      await client.connect({ host: host ?? "", port: port ?? 0, transport: "udp" });
      const called = client.call("ECHO", 1, { tryTimeoutMs: 20 });
      const requests = [await server.next(), await server.next(), await server.next()];
      for (const { message } of requests) assert.deepEqual(message, requests[0]?.message);
      const [last] = requests.slice(-1);
      last?.reply(Buffer.concat([last.message.subarray(0, 4), words(1, 0, 0, 0, 0, 4)]));
      assert.equal((await called).result, 4);
      const { retransmissions } = await client.state();
      assert(Number(retransmissions) >= 2);
      await server.close();
    });

    it("nobody listens: RPC_CANTRECV at once with refusedTimeoutMs 0, and when that is up", async () => {
      const { host, port } = server.to;
      await server.close();
      for (const refusedTimeoutMs of [0, 250]) {
        await client.connect({ host: host ?? "", port: port ?? 0, transport: "udp", refusedTimeoutMs });
        const { error, ms } = await client.call("ECHO", 1);
        assert.equal(error?.code, "RPC_CANTRECV");
        assert.match(error.message, /the call was refused: .*ECONNREFUSED/);
        assert(ms >= refusedTimeoutMs, `${ms} ms`);
      }
    });

    it("a server that restarts answers the call that it refused", async () => {
      const { host, port } = server.to;
      await client.connect({ host: host ?? "", port: port ?? 0, transport: "udp" });
      await server.close();
      const called = client.call("ECHO", 1, { tryTimeoutMs: 50 });
      const socket = createSocket("udp4");
      socket.on("message", (message, from) => {
        socket.send(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 2)]), from.port, from.address);
      });
      socket.bind(port, host);
      assert.equal((await called).result, 2);
      socket.close();
      await once(socket, "close");
    });

    it("a reply from elsewhere is none", async () => {
      const socket = createSocket("udp4");
      const stranger = createSocket("udp4");
      socket.bind(0, LOOPBACK);
      stranger.bind(0, LOOPBACK);
      await Promise.all([once(socket, "listening"), once(stranger, "listening")]);
      await client.connect({ host: LOOPBACK, port: socket.address().port, transport: "udp" });
      const called = client.call("ECHO", 1);
      const [request, from] = (await once(socket, "message")) as [Buffer, { port: number }];
      const reply = (result: number): Buffer => Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, result)]);
      await new Promise((resolve) => {
        stranger.send(reply(66), from.port, LOOPBACK, resolve);
      });
      socket.send(reply(7), from.port, LOOPBACK);
      assert.equal((await called).result, 7);
      assert.equal((await client.state()).strayReplies, 0, "the system keeps it away");
      for (const each of [socket, stranger]) {
        each.close();
        await once(each, "close");
      }
      await server.close();
    });
  });

  describe("what can't be", () => {
    let server: RpcServer;
    let to: { host: string; port: number };

    before(async () => {
      const served = await serve("tcp");
      ({ server } = served);
      to = { host: served.bound.host, port: served.bound.port };
    });

    after(() => server.close());

    it("flavors that need promises are refused, with the way out", async () => {
      await client.connect(to);
      const { error } = await client.call("ECHO", 1, { auth: "sets-up" });
      assert.equal(error?.code, "RPC_AUTHERROR");
      assert.match(error.message, /the flavor 1 is set up by calls that do not block.*promises/);
      assert.equal((await client.call("ECHO", 1, { auth: "throws" })).error?.code, "RPC_CANTENCODEARGS");
      assert.equal((await client.call("ECHO", 1)).result, 1);
    });

    it("options that a blocking connection has no means for", async () => {
      for (const options of [{ tls: "required" }, { interceptors: [] }, { idleTimeoutMs: 1 }]) {
        const { error } = await client.connect({ ...to, ...options });
        assert.equal(error?.name, "TypeError");
        assert.match(
          error.message,
          new RegExp(`^${Object.keys(options).join()}: a blocking connection has no such option`),
        );
      }
      assert.equal((await client.connect({ ...to, ...{ tls: "off" } })).error, undefined);
    });

    it("options that bound nothing", async () => {
      for (const options of [{ timeoutMs: -1 }, { maxRecordBytes: 3 }, { refusedTimeoutMs: NaN }]) {
        assert.equal((await client.connect({ ...to, ...options })).error?.name, "RangeError");
      }
      await client.connect(to);
      assert.equal((await client.call("ECHO", 1, { timeoutMs: NaN })).error?.name, "RangeError");
    });

    it("addresses that there are not", async () => {
      const codes: string[] = [];
      for (const options of [
        { host: "no.such.host.invalid", port: 1 },
        { host: LOOPBACK, port: 1 },
        { path: "/nonexistent/socket" },
        { path: `/${"x".repeat(200)}` },
        { host: LOOPBACK, port: 1, transport: "tcp6" },
        { host: LOOPBACK, port: 1, transport: "quic" as "tcp" },
        { host: LOOPBACK, portmap: "off" },
        { transport: "local", portmap: "off" },
        { host: "192.0.2.1", transport: "local" },
      ] as const) {
        codes.push(String((await client.connect(options)).error?.code));
      }
      assert.deepEqual(codes, [
        "RPC_UNKNOWNHOST",
        "RPC_CANTCONNECT",
        "RPC_CANTCONNECT",
        "RPC_CANTCONNECT",
        "RPC_UNKNOWNPROTO",
        "RPC_UNKNOWNPROTO",
        "RPC_RPCBFAILURE",
        "RPC_RPCBFAILURE",
        "RPC_UNKNOWNPROTO",
      ]);
    });

    it("a host by its name", async () => {
      const served = await client.connect({ ...to, host: "localhost" });
      assert.equal(served.error, undefined);
      assert.equal(served.result, `tcp 127.0.0.1:${to.port}`);
    });
  });
});
