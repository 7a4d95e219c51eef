import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import {
  DEFAULT_RECONNECT_ATTEMPTS,
  DEFAULT_RECONNECT_DELAY_MS,
  MAX_RECONNECT_DELAY_MS,
} from "../../src/runtime/limits.ts";
import { type ConnectOptions, type RpcConnection, connect } from "../../src/runtime/index.ts";
import { ECHO, RUN, RawPeer, SERVICE, hexWords, words } from "./support.ts";

/** A listener whose connections speak in records, at a port that stays the same. */
class RawServer {
  readonly #listener: Server;
  readonly port: number;
  readonly #waiting: ((peer: RawPeer) => void)[] = [];
  readonly #peers: RawPeer[] = [];

  private constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as { port: number }).port;
    listener.on("connection", (socket: Socket) => {
      const peer = RawPeer.over(socket);
      this.#peers.push(peer);
      this.#waiting.shift()?.(peer);
    });
  }

  static async listen(port = 0): Promise<RawServer> {
    const listener = createServer();
    listener.listen(port, "127.0.0.1");
    await once(listener, "listening");
    return new RawServer(listener);
  }

  next(): Promise<RawPeer> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}

function replyTo(request: Buffer, result: number): Buffer {
  return Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, result)]);
}

describe("runtime: a connection that is lost", () => {
  let server: RawServer;
  let connection: RpcConnection;
  let peer: RawPeer;

  const connectTo = async (options: ConnectOptions = {}): Promise<void> => {
    const accepted = server.next();
    connection = await connect(SERVICE, { host: "127.0.0.1", port: server.port, ...options });
    peer = await accepted;
  };

  /** The connection has seen its end. */
  const noticed = async (): Promise<void> => {
    while (connection.connected) await new Promise(setImmediate);
  };

  beforeEach(async () => {
    server = await RawServer.listen();
  });

  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  it("is made again by the next call", async () => {
    await connectTo();
    peer.socket.destroy();
    await noticed();
    const accepted = server.next();
    const result = connection.call(ECHO, 7);
    const again = await accepted;
    const request = await again.receive();
    again.send(replyTo(request, 7));
    assert.equal(await result, 7);
    assert.equal(connection.stats().reconnects, 1);
    assert.equal(connection.connected, true);
  });

  it("fails what may have been run, and sends again what is idempotent, with the same xid", async () => {
    await connectTo();
    const counted = connection.call(RUN, 1);
    const read = connection.call(ECHO, 2, { idempotent: true });
    await peer.receive();
    const first = await peer.receive();
    const accepted = server.next();
    peer.socket.destroy();
    await assert.rejects(counted, (error: { code?: string; message: string }) => {
      assert.equal(error.code, "RPC_CANTRECV");
      assert.match(error.message, /the server may have run the call/);
      return true;
    });
    const again = await accepted;
    const second = await again.receive();
    assert.equal(hexWords(second), hexWords(first));
    again.send(replyTo(second, 22));
    assert.equal(await read, 22);
    assert.equal(connection.stats().retransmissions, 1);
  });

  it("fails the waiting calls when it can't be made again, and tries anew for a later one", async () => {
    const { port } = server;
    await connectTo({ reconnect: { maxAttempts: 2, initialDelayMs: 1 } });
    await server.close();
    await assert.rejects(
      connection.call(ECHO, 1, { idempotent: true }),
      (error: { code?: string; cause?: unknown }) => {
        assert.equal(error.code, "RPC_CANTCONNECT");
        assert.match(String(error.cause), /ECONNREFUSED/);
        return true;
      },
    );
    server = await RawServer.listen(port);
    const accepted = server.next();
    const result = connection.call(ECHO, 3);
    const again = await accepted;
    again.send(replyTo(await again.receive(), 3));
    assert.equal(await result, 3);
  });

  it("a call waits for it no longer than its own time", async () => {
    await connectTo({ reconnect: { maxAttempts: Infinity, initialDelayMs: 5, maxDelayMs: 10 } });
    await server.close();
    await assert.rejects(
      connection.call(ECHO, 1, { idempotent: true, timeoutMs: 40 }),
      (error: { code?: string; message: string; cause?: unknown }) => {
        assert.equal(error.code, "RPC_TIMEDOUT");
        assert.match(error.message, /no reply within 40 ms, and no connection: .*ECONNREFUSED/);
        assert.match(String(error.cause), /ECONNREFUSED/);
        return true;
      },
    );
    server = await RawServer.listen();
  });

  it("is closed after idleTimeoutMs without a call, and made again", async () => {
    await connectTo({ idleTimeoutMs: 20 });
    await noticed();
    const accepted = server.next();
    const result = connection.call(ECHO, 4);
    const again = await accepted;
    again.send(replyTo(await again.receive(), 4));
    assert.equal(await result, 4);
  });

  it("a server that takes each connection and ends it is as good as none", async () => {
    await connectTo({ reconnect: { maxAttempts: 3, initialDelayMs: 1 } });
    const ending = async (): Promise<void> => {
      for (;;) (await server.next()).socket.destroy();
    };
    void ending();
    peer.socket.destroy();
    await assert.rejects(connection.call(ECHO, 1, { idempotent: true }), { code: "RPC_CANTCONNECT" });
    assert.equal(connection.stats().reconnects, 3);
  });

  it("a server that ends connections now and then, and answers nothing on them, is there all the same", async () => {
    await connectTo({ reconnect: { maxAttempts: 2, initialDelayMs: 1, maxDelayMs: 1 } });
    for (let i = 0; i < 4; i++) {
      const until = performance.now() + DEFAULT_RECONNECT_DELAY_MS + 5;
      while (performance.now() < until) await new Promise(setImmediate);
      peer.socket.destroy();
      await noticed();
      const accepted = server.next();
      await connection.send(RUN, i);
      peer = await accepted;
      assert.equal((await peer.receive()).readInt32BE(40), i);
    }
  });

  it("stays lost with reconnect: false", async () => {
    await connectTo({ reconnect: false });
    peer.socket.destroy();
    await connection.closed;
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CANTRECV" });
  });

  it("is tried three times, within less than a second", async () => {
    assert.deepEqual([DEFAULT_RECONNECT_ATTEMPTS, DEFAULT_RECONNECT_DELAY_MS, MAX_RECONNECT_DELAY_MS], [3, 100, 5000]);
    await connectTo();
    await server.close();
    await noticed();
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CANTCONNECT" });
    server = await RawServer.listen();
  });
});
