import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect as connectSocket } from "node:net";
import { type BoundAddress, type ServerOptions, RpcServer, connect } from "../../src/runtime/index.ts";
import {
  DEFAULT_KEEP_ALIVE_MS,
  DEFAULT_MAX_IN_PROGRESS_BYTES,
  DEFAULT_STALL_TIMEOUT_MS,
  STALL_PROGRESS_BYTES,
} from "../../src/runtime/limits.ts";
import { RawServer, gate, replyTo, until } from "./raw-server.ts";
import { BLOB, ECHO, RUN, RawPeer, SERVICE, call, record, serve, testService, words } from "./support.ts";

const STALL_MS = 40;

async function open(bound: BoundAddress): Promise<Socket> {
  const socket = connectSocket(bound.path === "" ? { host: bound.host, port: bound.port } : { path: bound.path });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Resolves when a peer has ended the connection, whatever it sends before. */
async function ended(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve)); // an error is an end, too
}

function wait(ms: number): Promise<void> {
  const until_ = performance.now() + ms;
  return until(() => performance.now() >= until_);
}

/** Does something else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("runtime: peers that stall", () => {
  it("a bound that bounds nothing is a RangeError", () => {
    assert.deepEqual([DEFAULT_STALL_TIMEOUT_MS, DEFAULT_KEEP_ALIVE_MS], [35_000, 60_000]);
    const bad: ServerOptions[] = [{ stallTimeoutMs: NaN }, { keepAliveMs: -1 }, { maxInProgressBytes: NaN }, { maxConnections: NaN }, { callTimeoutMs: -1 }, { connectionIdleTimeoutMs: NaN }]; // prettier-ignore
    for (const options of bad) assert.throws(() => new RpcServer(options), RangeError);
  });

  for (const transport of ["tcp", "local"] as const) {
    it(`${transport}: a client that says nothing, half a record, or half a header is cut off`, async () => {
      const { server, bound, to } = await serve(transport, testService(), { stallTimeoutMs: STALL_MS });
      const half = record(call(1, ECHO.number, 1));
      for (const begin of [Buffer.alloc(0), Buffer.from([0x80]), half.subarray(0, 20), words(0, 0, 0)]) {
        const from = performance.now(); // in front of what the server counts from
        const socket = await open(bound);
        if (begin.length > 0) socket.write(begin);
        await ended(socket);
        assert(performance.now() - from >= STALL_MS - 5);
      }
      // One that has called is owed the same.
      const peer = await RawPeer.connect(bound);
      await peer.ask(call(1, ECHO.number, 1));
      peer.socket.write(half.subarray(0, 30));
      await ended(peer.socket);
      const connection = await connect(SERVICE, to);
      assert.equal(await connection.call(ECHO, 1), 1);
      await connection.close();
      await server.close();
    });

    it(`${transport}: one byte at a time is no step, nor are empty fragments`, async () => {
      const { server, bound } = await serve(transport, testService(), { stallTimeoutMs: STALL_MS });
      for (const drop of [Buffer.from([0]), words(0)]) {
        const socket = await open(bound);
        socket.write(drop.length === 1 ? words(0x8000_1000) : Buffer.alloc(0));
        const dripping = setInterval(() => socket.write(drop), 2);
        await ended(socket);
        clearInterval(dripping);
      }
      await server.close();
    });
  }

  it("a large record that moves on by steps is none", async () => {
    // So long that the machine may be slow between two steps.
    const stallTimeoutMs = 10 * STALL_MS;
    const { server, bound } = await serve("tcp", testService(), { stallTimeoutMs });
    const peer = await RawPeer.connect(bound);
    const bytes = 8 * STALL_PROGRESS_BYTES;
    const whole = record(Buffer.concat([call(1, BLOB.number, bytes), Buffer.alloc(bytes)]));
    const from = performance.now();
    for (let at = 0; at < whole.length; at += STALL_PROGRESS_BYTES) {
      peer.socket.write(whole.subarray(at, at + STALL_PROGRESS_BYTES));
      await wait(stallTimeoutMs / 5);
    }
    assert(performance.now() - from > 1.5 * stallTimeoutMs);
    assert.equal((await peer.receive()).length, 28 + bytes);
    peer.socket.destroy();
    await server.close();
  });

  it("a peer whose bytes wait to be read, while this process does something else, is none", async () => {
    const { server, bound } = await serve("tcp", testService(), { stallTimeoutMs: STALL_MS });
    const peer = await RawPeer.connect(bound);
    const whole = record(call(1, ECHO.number, 7));
    peer.socket.write(whole.subarray(0, 20));
    await until(() => server.connections === 1);
    await wait(2);
    peer.socket.write(whole.subarray(20));
    block(2 * STALL_MS);
    assert.equal((await peer.receive()).readUInt32BE(24), 7);
    peer.socket.destroy();
    await server.close();
  });

  it("a client that does not read its replies is cut off", async () => {
    const bytes = 1_000_000;
    const { server, bound } = await serve("tcp", testService(), { stallTimeoutMs: STALL_MS });
    const request = record(Buffer.concat([call(1, BLOB.number, bytes), Buffer.alloc(bytes)]));
    const deaf = await open(bound);
    deaf.pause();
    for (let i = 0; i < 20; i++) deaf.write(request);
    await until(() => server.connections === 1);
    await until(() => server.connections === 0);
    deaf.destroy();

    await server.close();
  });

  it("a client that reads its replies slowly is not", async () => {
    const bytes = 1_000_000;
    // The kernel takes more by steps of a megabyte or so: each must fit in.
    const stallTimeoutMs = 6 * STALL_MS;
    const { server, bound } = await serve("tcp", testService(), { stallTimeoutMs });
    const request = record(Buffer.concat([call(1, BLOB.number, bytes), Buffer.alloc(bytes)]));
    const slow = await open(bound);
    slow.pause();
    const count = 30;
    for (let i = 0; i < count; i++) slow.write(request);
    let read = 0;
    const from = performance.now();
    const whole = count * (4 + 24 + 4 + bytes);
    while (read < whole && !slow.destroyed) {
      // By the clock, and no faster where the machine could: several times what a stall has.
      const due = Math.floor((whole * (performance.now() - from)) / (3 * stallTimeoutMs)) - read;
      slow.read(0);
      const length = Math.min(due, slow.readableLength, whole - read);
      if (length > 0) read += (slow.read(length) as Buffer | null)?.length ?? 0;
      await wait(1);
    }
    assert.equal(read, whole);
    slow.destroy();
    await server.close();
  });

  it("a client that queues more and more at a server that reads slowly is not taken for one whose server stalls", async () => {
    const server = await RawServer.listen();
    const accepted = server.nextSocket();
    const connection = await connect(SERVICE, { host: "127.0.0.1", port: server.port, stallTimeoutMs: 15 * STALL_MS, reconnect: false }); // prettier-ignore
    const socket = await accepted;
    socket.pause();
    const blob = new Uint8Array(100_000);
    for (let i = 0; i < 120; i++) void connection.call(BLOB, blob).catch(() => undefined);
    const from = performance.now();
    // The kernel takes it by steps of a megabyte or so.
    while (performance.now() - from < 40 * STALL_MS) {
      void connection.call(BLOB, blob).catch(() => undefined);
      socket.read();
      await wait(1);
    }
    assert.equal(connection.connected, true);
    // Now it reads no more.
    await connection.closed;
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CANTRECV", message: /read nothing of what it was sent for 600 ms/ }); // prettier-ignore
    await server.close();
  });

  it("a server that does not go on with a reply is cut off by its client", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect({ stallTimeoutMs: STALL_MS, reconnect: false });
    const result = connection.call(ECHO, 1);
    peer.socket.write(record(replyTo(await peer.receive(), [1])).subarray(0, 10));
    await assert.rejects(result, (error: { code?: string; message: string; cause?: { code?: string } }) => {
      assert.equal(error.code, "RPC_CANTRECV");
      assert.equal(error.cause?.code, "RECORD_STALLED");
      return true;
    });
    await connection.close();
    await server.close();
  });

  it("a slow handler is none, nor is a client that rests", async () => {
    const goOn = gate();
    const service = testService(async (arg) => {
      await goOn.promise;
      return arg;
    });
    const { server, to } = await serve("tcp", service, { stallTimeoutMs: STALL_MS });
    const connection = await connect(SERVICE, { ...to, stallTimeoutMs: STALL_MS, reconnect: false });
    const result = connection.call(RUN, 1);
    await wait(2 * STALL_MS);
    goOn.open();
    assert.equal(await result, 1);
    await wait(2 * STALL_MS);
    assert.equal(await connection.call(ECHO, 2), 2);
    await connection.close();
    await server.close();
  });

  it("keepAliveMs and stallTimeoutMs can be anything that is a time, for ever too", async () => {
    for (const time of [1000, Infinity]) {
      const { server, to } = await serve("tcp", testService(), { keepAliveMs: time, stallTimeoutMs: time });
      const connection = await connect(SERVICE, { ...to, keepAliveMs: time, stallTimeoutMs: time });
      assert.equal(await connection.call(ECHO, 2), 2);
      await connection.close();
      await server.close();
    }
  });
});

describe("runtime: what clients hold of a server", () => {
  it("records in progress of all connections stay within maxInProgressBytes", async () => {
    assert.equal(DEFAULT_MAX_IN_PROGRESS_BYTES, 64 * 1024 * 1024);
    const bytes = 100_000;
    const { server, bound, to } = await serve("tcp", testService(), { maxInProgressBytes: 4 * 2 * bytes });
    const message = Buffer.concat([call(1, BLOB.number, bytes), Buffer.alloc(bytes)]);
    const halves: Socket[] = [];
    for (let i = 0; i < 30; i++) {
      const socket = await open(bound);
      socket.write(record(message).subarray(0, bytes));
      halves.push(socket.resume());
    }
    await until(() => server.connections <= 8);
    assert(server.connections >= 4, `${server.connections} connections`);
    // Small calls need nothing of it.
    const connection = await connect(SERVICE, to);
    assert.equal(await connection.call(ECHO, 1), 1);
    for (const socket of halves) socket.destroy();
    await until(() => server.connections === 1);
    // What they had is free again; and so it is behind each record that has ended.
    for (let i = 0; i < 20; i++)
      assert.equal((await connection.call(BLOB, new Uint8Array(3 * bytes))).length, 3 * bytes);
    await connection.close();
    await server.close();
  });

  it("where records in progress are too many, the connection that holds the most ends, not the one that needs a little", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxInProgressBytes: 160 * 1024 });
    await using other = await connect(SERVICE, to);
    /** Sends the first half of a record. */
    const half = async (bytes: number): Promise<{ peer: RawPeer; rest: Buffer }> => {
      const socket = await open(bound);
      const whole = record(Buffer.concat([call(1, BLOB.number, 2 * bytes), Buffer.alloc(2 * bytes)]));
      socket.write(whole.subarray(0, bytes));
      await other.call(ECHO, 1); // the server has read it by then
      return { peer: RawPeer.over(socket), rest: whole.subarray(bytes) };
    };
    const hog = await half(60 * 1024);
    const needy: (typeof hog)[] = [];
    while (needy.length < 20 && !hog.peer.socket.closed) needy.push(await half(16 * 1024));
    assert(hog.peer.socket.closed && needy.length > 1, `${needy.length} others`);
    for (const { peer, rest } of needy) {
      peer.socket.write(rest);
      assert.equal((await peer.receive()).readUInt32BE(), 1);
      peer.socket.destroy();
    }
    await server.close();
  });

  it("10 000 half-open connections one after the other keep no caller out, and who calls stays", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxConnections: 20 });
    const early = await connect(SERVICE, { ...to, reconnect: false });
    assert.equal(await early.call(ECHO, 1), 1);
    const sockets = new Set<Socket>();
    for (let i = 0; i < 10_000; i++) {
      const socket = await open(bound);
      sockets.add(socket.resume().once("close", () => sockets.delete(socket)));
      if (i % 2 === 0) socket.write(Buffer.from([0x80, 0]));
      if (i % 2500 !== 0) continue;
      const caller = await connect(SERVICE, to);
      assert.equal(await caller.call(ECHO, i), i);
      await caller.close();
    }
    assert(server.connections <= 21);
    assert.equal(await early.call(ECHO, 2), 2);
    await early.close();
    await server.close();
    await until(() => sockets.size === 0);
  }).timeout(30_000);

  it("where all have called, one more is closed at once", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxConnections: 2 });
    const both = [await connect(SERVICE, to), await connect(SERVICE, to)];
    for (const each of both) assert.equal(await each.call(ECHO, 1), 1);
    await ended(await open(bound));
    for (const each of both) assert.equal(await each.call(ECHO, 1), 1);
    await Promise.all(both.map((each) => each.close()));
    await server.close();
  });

  it("connectionIdleTimeoutMs closes who does not call, pings counted, and nobody whose call runs", async () => {
    const idleMs = 5 * STALL_MS; // a busy machine is no idle client
    const goOn = gate();
    const service = testService(async (arg) => {
      await goOn.promise;
      return arg;
    });
    const { server, bound, to } = await serve("tcp", service, { connectionIdleTimeoutMs: idleMs });
    const busy = await connect(SERVICE, { ...to, reconnect: false });
    const result = busy.call(RUN, 1);
    const pinging = await connect(SERVICE, { ...to, reconnect: false });
    const idle = await RawPeer.connect(bound);
    await idle.ask(call(1, ECHO.number, 1));
    const from = performance.now();
    while (performance.now() - from < 3 * idleMs) {
      await pinging.call({ ...ECHO, number: 0 }, 0).catch(() => undefined); // it has no result to decode
      await wait(2);
    }
    assert.equal(idle.socket.destroyed, true);
    assert.deepEqual([pinging.connected, busy.connected], [true, true]);
    goOn.open();
    assert.equal(await result, 1);
    await Promise.all([busy.closed, pinging.closed]);
    await server.close();
  });

  it("connectionIdleTimeoutMs is no bound of a call that is on its way, however slowly", async () => {
    const { server, bound } = await serve("tcp", testService(), { connectionIdleTimeoutMs: STALL_MS });
    const peer = await RawPeer.connect(bound);
    const whole = record(call(1, ECHO.number, 7));
    peer.socket.write(whole.subarray(0, 20));
    await wait(3 * STALL_MS);
    peer.socket.write(whole.subarray(20));
    assert.equal((await peer.receive()).readUInt32BE(24), 7);
    // One that has come already while this process did something else counts, too.
    peer.send(call(2, ECHO.number, 8));
    block(2 * STALL_MS);
    assert.equal((await peer.receive()).readUInt32BE(24), 8);
    await new Promise((resolve) => peer.socket.once("close", resolve));
    await server.close();
  });

  it("connectionIdleTimeoutMs is nothing to a connection that the server is attached to: it is its owner's", async () => {
    const { server, to } = await serve("tcp");
    await using connection = await connect(SERVICE, { ...to, reconnect: false });
    await using own = new RpcServer({ connectionIdleTimeoutMs: STALL_MS }).add(testService());
    own.attach(connection);
    await wait(3 * STALL_MS);
    assert.equal(connection.connected, true);
    assert.equal(await connection.call(ECHO, 1), 1);
    await server.close();
  });
});
