import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { NO_REPLY, type RpcConnection, type RpcContext, RpcServer, connect } from "../../src/runtime/index.ts";
import { RawServer, gate, replyTo, until } from "./raw-server.ts";
import { BLOB, ECHO, RUN, RawPeer, SERVICE, serve, testService } from "./support.ts";

const IDLE_MS = 20;

function wait(ms: number): Promise<void> {
  const end = performance.now() + ms;
  return until(() => performance.now() >= end);
}

describe("runtime: a connection that is closed at rest (idleTimeoutMs)", () => {
  let server: RawServer;
  let connection: RpcConnection;
  let peer: RawPeer;

  beforeEach(async () => {
    server = await RawServer.listen();
    ({ connection, peer } = await server.connect({
      idleTimeoutMs: IDLE_MS,
      reconnect: { maxAttempts: 2, initialDelayMs: 1 },
    }));
  });

  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  const rest = (): Promise<void> => until(() => !connection.connected);
  const values = async (from: RawPeer, count: number): Promise<number[]> => {
    const found: number[] = [];
    while (found.length < count) found.push((await from.receive()).readInt32BE(40));
    return found;
  };

  it("flush behind a rest: what was sent before has left", async () => {
    await connection.send(RUN, 1);
    await rest();
    await connection.flush();
    assert.deepEqual(await values(peer, 1), [1]);
    const accepted = server.nextSocket();
    await connection.send(RUN, 2);
    await connection.flush();
    assert.deepEqual(await values(RawPeer.over(await accepted), 1), [2]);
  });

  it("a one-way call makes it again, as a call does, and they leave in their order", async () => {
    await rest();
    const accepted = server.nextSocket();
    const sent = [connection.send(RUN, 1), connection.send(RUN, 2)];
    const result = connection.call(ECHO, 3);
    sent.push(connection.send(RUN, 4));
    const again = RawPeer.over(await accepted);
    const requests = [await again.receive(), await again.receive(), await again.receive(), await again.receive()];
    assert.deepEqual(
      requests.map((request) => request.readInt32BE(40)),
      [1, 2, 3, 4],
    );
    await Promise.all(sent);
    again.send(replyTo(requests[2] ?? Buffer.alloc(0), [33]));
    assert.equal(await result, 33);
    assert.deepEqual([connection.stats().reconnects, connection.outstanding], [1, 0]);
  });

  it("flush waits for one-way calls that wait for a connection", async () => {
    await rest();
    const accepted = server.nextSocket();
    const sent = connection.send(RUN, 1);
    await connection.flush();
    assert.equal(connection.connected, true);
    assert.deepEqual(await values(RawPeer.over(await accepted), 1), [1]);
    await sent;
  });

  it("a server that one-way calls alone go to, and that says nothing, is there all the same", async () => {
    for (let i = 0; i < 5; i++) {
      await rest();
      const accepted = server.nextSocket();
      await connection.send(RUN, i);
      assert.deepEqual(await values(RawPeer.over(await accepted), 1), [i]);
    }
    assert.equal(connection.stats().reconnects, 5);
  });

  it("a one-way call fails as a call does, where there is no connection any more", async () => {
    await rest();
    await server.close();
    await assert.rejects(connection.send(RUN, 1), (error: { code?: string; message: string; cause?: unknown }) => {
      assert.equal(error.code, "RPC_CANTCONNECT");
      assert.match(error.message, /^TEST_PROG version 3 RUN at tcp /);
      assert.match(String(error.cause), /ECONNREFUSED/);
      return true;
    });
    await connection.flush(); // nothing was sent
    server = await RawServer.listen();
  });

  it("or by the connection's time, or by close()", async () => {
    const { connection: patient } = await server.connect({
      idleTimeoutMs: IDLE_MS,
      reconnect: { maxAttempts: Infinity, initialDelayMs: 1, maxDelayMs: 5 },
      timeoutMs: 30,
    });
    await until(() => !patient.connected);
    await server.close();
    await assert.rejects(patient.send(RUN, 1), { code: "RPC_TIMEDOUT" });
    const closed = assert.rejects(patient.send(RUN, 2), { code: "RPC_CLOSED" });
    await patient.close();
    await closed;
    server = await RawServer.listen();
  });

  it("does not rest while the peer has not read what was sent", async () => {
    const accepted = server.nextSocket();
    await using slow = await connect(SERVICE, { host: "127.0.0.1", port: server.port, idleTimeoutMs: IDLE_MS });
    const socket: Socket = await accepted; // read by nobody
    const blob = new Uint8Array(1_000_000);
    let count = 0;
    let sent: Promise<void>;
    // Until the system's buffers are full.
    for (let isFull = false; !isFull; count++) {
      isFull = true;
      sent = slow.send(BLOB, blob).then(() => void (isFull = false));
      await Promise.race([sent, wait(IDLE_MS)]);
    }
    await wait(3 * IDLE_MS);
    assert.equal(slow.connected, true);
    let read = 0;
    socket.on("data", (piece) => (read += piece.length));
    await until(() => !slow.connected);
    await until(() => read === count * (4 + 40 + 4 + blob.length));
    await slow.flush();
  });
});

describe("runtime: calls back keep a connection from its rest", () => {
  it("while they run, and as long behind them as calls do", async () => {
    let back: RpcConnection | undefined;
    const service = testService((arg, ctx: RpcContext) => {
      back = ctx.connection;
      return arg;
    });
    const { server, to } = await serve("tcp", service);
    const connection = await connect(SERVICE, { ...to, idleTimeoutMs: 5 * IDLE_MS });
    const goOn = gate();
    const notes: number[] = [];
    const callbacks = new RpcServer().add(
      testService(async (arg) => {
        await goOn.promise;
        notes.push(arg);
        return arg < 0 ? NO_REPLY : arg + 1;
      }),
    );
    callbacks.attach(connection);
    await connection.call(RUN, 0);
    assert(back !== undefined);
    const result = back.call(RUN, 5);
    await back.send(RUN, -1);
    await wait(15 * IDLE_MS);
    goOn.open();
    assert.equal(await result, 6);
    assert.deepEqual(notes, [5, -1]);
    assert.equal(await back.call(RUN, 6), 7); // the time begins anew behind it
    assert.deepEqual([connection.connected, connection.stats().reconnects], [true, 0]);
    await until(() => !connection.connected);
    await connection.close();
    await callbacks.close();
    await server.close();
  });

  it("hold() does so for whoever else serves it", async () => {
    const { server, to } = await serve("tcp");
    await using connection = await connect(SERVICE, { ...to, idleTimeoutMs: IDLE_MS });
    const letRest = [connection.hold(), connection.hold()];
    for (const release of letRest) {
      await wait(3 * IDLE_MS);
      assert.equal(connection.connected, true);
      release();
    }
    await until(() => !connection.connected);
    await server.close();
  });
});
