import assert from "node:assert/strict";
import { NO_REPLY, RpcServer, type RpcConnection, connect } from "../../src/runtime/index.ts";
import { MAX_DATAGRAMS_QUEUED, MAX_MEMORY_UNREAD_BYTES } from "../../src/runtime/limits.ts";
import { DatagramTransport } from "../../src/runtime/transport/datagram.ts";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { RawServer, replyTo, until } from "./raw-server.ts";
import { BLOB, ECHO, RUN, RawPeer, SERVICE, TEXT, TRANSPORTS, hexWords, serve, testService, words } from "./support.ts";

describe("runtime: one-way calls", () => {
  it("are calls like any other on the wire, and leave with the next one, in their order", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    const sent = [connection.send(RUN, 1), connection.send(RUN, 2)];
    const last = connection.call(ECHO, 3);
    const requests = [await peer.receive(), await peer.receive(), await peer.receive()];
    const xid = requests[0]?.readUInt32BE() ?? 0;
    const header = (by: number, number: number): number[] => [xid + by, 0, 2, 0x2000_0042, 3, number, 0, 0, 0, 0];
    assert.deepEqual(
      requests.map(hexWords),
      [words(...header(0, 4), 1), words(...header(1, 4), 2), words(...header(2, 1), 3)].map(hexWords),
    );
    await Promise.all(sent);
    assert.equal(connection.outstanding, 1, "nobody waits for an answer to them");
    // A server that answers them all the same.
    for (const request of requests) peer.send(replyTo(request, [9]));
    assert.equal(await last, 9);
    assert.deepEqual(connection.stats(), { calls: 3, retransmissions: 0, reconnects: 0, strayReplies: 2 });
    await connection.close();
    await server.close();
  });

  for (const way of [...TRANSPORTS, "memory"] as const) {
    it(`over ${way}: a service answers none with NO_REPLY, and has run them all before a later call`, async () => {
      const ran: number[] = [];
      const service = testService((arg) => {
        ran.push(arg);
        return NO_REPLY;
      });
      let server: RpcServer;
      let connection: RpcConnection;
      if (way === "memory") {
        server = new RpcServer().add(service);
        connection = server.connect();
      } else {
        const served = await serve(way, service);
        ({ server } = served);
        connection = await connect(SERVICE, served.to);
      }
      const values = Array.from({ length: 50 }, (_, i) => i);
      for (const value of values) await connection.send(RUN, value);
      await connection.flush();
      assert.equal(await connection.call(ECHO, 7), 7);
      assert.deepEqual(ran, values);
      assert.equal(connection.stats().strayReplies, 0);
      await connection.close();
      await server.close();
    });
  }

  it("a peer that does not read makes them wait, so that they fill no memory", async () => {
    const server = await RawServer.listen();
    const accepted = server.nextSocket();
    const connection = await connect(SERVICE, { host: "127.0.0.1", port: server.port });
    const socket = await accepted; // read by nobody
    const bytes = 100_000;
    const blob = new Uint8Array(bytes);
    let sent = 0;
    const whole = 400;
    const sending = (async () => {
      for (; sent < whole; sent++) await connection.send(BLOB, blob);
    })();
    // What the system's buffers hold is taken; then nothing more, however long one waits.
    for (let before = -1; before !== sent;) {
      before = sent;
      for (let i = 0; i < 2000; i++) await new Promise(setImmediate);
    }
    assert(sent * bytes < (whole * bytes) / 2, `${sent} of ${whole} were sent`);
    let read = 0;
    socket.on("data", (piece) => (read += piece.length));
    await sending;
    await connection.flush();
    await until(() => read === whole * (4 + 40 + 4 + bytes));
    await connection.close();
    await server.close();
  });

  it("over memory: a server that does not read makes them wait, too", async () => {
    let ran = 0;
    const server = new RpcServer().add(testService(() => (ran++, NO_REPLY)));
    const connection = server.connect();
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await connection.send(TEXT, "x".repeat(MAX_MEMORY_UNREAD_BYTES - 1000));
    })();
    await Promise.resolve();
    assert(sent < 3);
    await sending;
    await connection.flush();
    await connection.close();
    await assert.rejects(connection.send(RUN, 1), { code: "RPC_CLOSED" });
    assert.equal(ran, 0);
    await server.close();
  });

  it(`a datagram socket has room for ${MAX_DATAGRAMS_QUEUED} that the system has not taken`, async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    const client = createSocket("udp4");
    client.connect(port, "127.0.0.1");
    await once(client, "connect");
    const transport = new DatagramTransport(client, "udp", 8800, undefined);
    for (let i = 0; i < MAX_DATAGRAMS_QUEUED; i++) {
      assert.equal(transport.hasRoom, true);
      transport.send(new Uint8Array(4));
    }
    assert.equal(transport.hasRoom, false);
    await transport.flush();
    assert.equal(transport.hasRoom, true);
    client.close();
    socket.close();
  });

  it("what can't be encoded rejects, and is not sent", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    await assert.rejects(connection.send(RUN, "no number" as unknown as number), { code: "RPC_CANTENCODEARGS" });
    await connection.send(RUN, 2);
    assert.equal((await peer.receive()).readInt32BE(40), 2);
    await connection.close();
    await server.close();
  });

  it("flush tells of a connection that was lost since, once, even where there is another one", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    await connection.flush();
    await connection.send(RUN, 1);
    peer.socket.destroy();
    await until(() => !connection.connected);
    const accepted = server.nextSocket();
    await connection.send(RUN, 2); // it waits for one
    const again = RawPeer.over(await accepted);
    await connection.send(RUN, 3);
    await assert.rejects(connection.flush(), { code: "RPC_CANTSEND" });
    await connection.flush();
    for (const value of [2, 3]) assert.equal((await again.receive()).readInt32BE(40), value);
    await connection.close();
    await server.close();
  });

  it("after close() they are RPC_CLOSED; what was sent before has left", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    for (let i = 0; i < 10; i++) void connection.send(RUN, i);
    await connection.close();
    for (let i = 0; i < 10; i++) assert.equal((await peer.receive()).readInt32BE(40), i);
    await assert.rejects(connection.send(RUN, 1), { code: "RPC_CLOSED" });
    await server.close();
  });
});
