/** Reads of a client's and a server's sockets, into memory that the record is to have. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { Socket, connect as connectSocket } from "node:net";
import { RpcAddress } from "../../src/runtime/address.ts";
import { RpcServer } from "../../src/runtime/index.ts";
import { method, rpcService } from "../../src/runtime/procedure.ts";
import { PlacedReads, readAccepted } from "../../src/runtime/transport/placed-reads.ts";
import { probe } from "../../src/runtime/transport/probe.ts";
import { RawServer, replyTo, until } from "./raw-server.ts";
import {
  BLOB,
  ECHO,
  PROGRAM,
  RawPeer,
  SERVICE,
  VERSION,
  call,
  listenOn,
  record,
  serve,
  testService,
} from "./support.ts";

const MIB = 1024 * 1024;

/** A socket of a server, which has written that, and the other end's reads. */
async function pair(server: RawServer): Promise<{ reads: PlacedReads; socket: Socket; peer: Socket }> {
  const accepted = server.nextSocket();
  const reads = new PlacedReads();
  const socket = connectSocket({ host: "127.0.0.1", port: server.port, onread: reads.onread });
  await once(socket, "connect");
  return { reads, socket, peer: await accepted };
}

describe("runtime: reads of a client", () => {
  it("put a long record where it stays: its memory is as long as it, in each of many pieces that the server makes of it", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    for (const piece of [1, 100_003, 2 * MIB]) {
      const bytes = Buffer.from(Array.from({ length: MIB }, (_, i) => i * 13 + (i >> 8)));
      const result = connection.call(BLOB, new Uint8Array(0));
      const reply = record(Buffer.concat([replyTo(await peer.receive(), [bytes.length]), bytes]));
      if (piece === 1) {
        for (let at = 0; at < 50; at++) {
          peer.socket.write(reply.subarray(at, at + 1));
          await new Promise<void>((resolve) => peer.socket.write("", () => { resolve(); })); // prettier-ignore
        }
        peer.socket.write(reply.subarray(50));
      } else for (let at = 0; at < reply.length; at += piece) peer.socket.write(reply.subarray(at, at + piece));
      const got = await result;
      assert.equal(bytes.compare(got), 0);
      assert(got.buffer.byteLength < reply.length + 1024, `${got.buffer.byteLength} bytes for ${reply.length}`);
    }
    await connection.close();
    await server.close();
  });

  it("of many connections at the same time, with results that are kept, do not write over each other's", async () => {
    const server = await RawServer.listen();
    const all = [];
    for (let i = 0; i < 5; i++) all.push(await server.connect());
    const kept: { bytes: Uint8Array; value: number }[] = [];
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        all.map(async ({ connection, peer }, i) => {
          const value = (round * 5 + i) % 256;
          const result = connection.call(BLOB, new Uint8Array(0));
          const bytes = Buffer.alloc(round % 4 === 0 ? 20_000 : 40, value);
          peer.socket.write(record(Buffer.concat([replyTo(await peer.receive(), [bytes.length]), bytes])));
          kept.push({ bytes: await result, value });
        }),
      );
    }
    assert.equal(kept.length, 200);
    for (const { bytes, value } of kept) assert(bytes.every((byte) => byte === value));
    for (const { connection } of all) await connection.close();
    await server.close();
  });

  it("before anyone wants them wait, and so does the sender", async () => {
    const server = await RawServer.listen();
    const { reads, socket, peer } = await pair(server);
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 3));
    peer.write(sent);
    await until(() => socket.bytesRead > 0);
    const before = socket.bytesRead;
    assert(before <= 65_536);
    const got: Uint8Array[] = [];
    reads.start({ place: () => undefined, filled: () => assert.fail(), read: (piece) => got.push(piece) });
    assert.equal(Buffer.concat(got).length, before);
    socket.resume();
    await until(() => socket.bytesRead === sent.length);
    assert.equal(sent.compare(Buffer.concat(got)), 0);
    // And another one takes what comes then.
    reads.stop();
    socket.pause();
    peer.write("more");
    let more = "";
    reads.start({ place: () => undefined, filled: () => assert.fail(), read: (piece) => (more += Buffer.from(piece).toString()) }); // prettier-ignore
    socket.resume();
    await until(() => more === "more");
    socket.destroy();
    await server.close();
  });

  it("of a record that is too long take no memory for it, though Node asks for a place once more", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect({ reconnect: false });
    const result = connection.call(BLOB, new Uint8Array(0));
    await peer.receive();
    const before = process.memoryUsage().arrayBuffers;
    peer.socket.write(Buffer.from("ffffffff", "hex"));
    await assert.rejects(result, { code: "RPC_CANTRECV", message: /2147483647 bytes exceeds/ });
    const taken = process.memoryUsage().arrayBuffers - before;
    assert(taken < MIB, `${taken} bytes`);
    await server.close();
  });

  it("that someone else has stopped go on for who asks a question", async () => {
    const server = await RawServer.listen();
    const { reads, socket, peer } = await pair(server);
    const mark = Buffer.from("8000", "hex");
    peer.write(mark);
    await until(() => socket.bytesRead === mark.length);
    const to = RpcAddress.inet("tcp", "127.0.0.1", server.port);
    const none = { flavor: 0, body: new Uint8Array(0) };
    const answer = probe({ socket, reads }, to, SERVICE, none, { maxBytes: 1000, maxFragments: 10 });
    const [question] = (await once(peer, "data")) as [Buffer];
    peer.write(record(replyTo(question.subarray(4), [])).subarray(mark.length));
    assert.equal((await answer).error, undefined);
    socket.destroy();
    await server.close();
  });

  it("end with a record that is too long, and so do its calls", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect({ maxRecordBytes: 100_000, reconnect: false });
    const result = connection.call(BLOB, new Uint8Array(0));
    const reply = record(Buffer.concat([replyTo(await peer.receive(), [200_000]), Buffer.alloc(200_000)]));
    peer.socket.write(reply);
    await assert.rejects(result, { code: "RPC_CANTRECV", message: /200028 bytes exceeds 100000/ });
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CANTRECV" });
    await server.close();
  });
});

describe("runtime: reads of a server", () => {
  /** A server that keeps what it is called with, and says how much. */
  async function keeper(
    transport: "tcp" | "local",
  ): Promise<{ server: RpcServer; kept: Uint8Array[]; peers: RawPeer[] }> {
    const kept: Uint8Array[] = [];
    const keep = method(
      BLOB,
      (arg: Uint8Array) => {
        kept.push(arg);
        return new Uint8Array(0);
      },
      (handler, arg) => handler(arg),
    );
    const server = new RpcServer().add(rpcService("TEST_PROG", PROGRAM, VERSION, [keep]));
    const [bound] = await server.listen(listenOn(transport));
    assert(bound !== undefined);
    return { server, kept, peers: await Promise.all(Array.from({ length: 4 }, () => RawPeer.connect(bound))) };
  }

  for (const transport of ["tcp", "local"] as const) {
    it(`put a long call where it stays, over ${transport}`, async () => {
      const { server, kept, peers } = await keeper(transport);
      const [peer] = peers;
      assert(peer !== undefined);
      const bytes = Buffer.from(Array.from({ length: MIB }, (_, i) => i * 7 + (i >> 8)));
      const message = record(Buffer.concat([call(1, 3, bytes.length), bytes]));
      for (let at = 0; at < message.length; at += 100_003) peer.socket.write(message.subarray(at, at + 100_003));
      await peer.receive();
      const [got] = kept;
      assert(got !== undefined);
      assert.equal(bytes.compare(got), 0);
      assert(got.buffer.byteLength < message.length + 1024, `${got.buffer.byteLength} bytes for ${message.length}`);
      for (const { socket } of peers) socket.destroy();
      await server.close();
    });
  }

  it("are by `onread`: the transport has a socket of its own, made of the handle of the one that Node accepted", async () => {
    const accepted: Socket[] = [];
    const made = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket);
    subscribe("net.server.socket", made);
    const { server, peers } = await keeper("local");
    await until(() => server.connections === peers.length);
    unsubscribe("net.server.socket", made);
    assert.equal(accepted.length, peers.length);
    for (const socket of accepted) {
      assert.equal((socket as { _handle?: unknown })._handle, null);
      assert.equal(socket.destroyed, false, "its server counts it");
    }
    for (const { socket } of peers) socket.destroy();
    await server.close();
    for (const socket of accepted) assert.equal(socket.destroyed, true);
  });

  it("of marks alone take no memory, and nothing of what all connections may hold", async () => {
    const { server, peers } = await keeper("tcp");
    const [honest, ...others] = peers;
    assert(honest !== undefined);
    const before = process.memoryUsage().arrayBuffers;
    for (const { socket } of others) socket.write(Buffer.from("803f0000", "hex"));
    const bytes = Buffer.alloc(1000, 1);
    honest.send(Buffer.concat([call(1, 3, bytes.length), bytes]));
    await honest.receive();
    const taken = process.memoryUsage().arrayBuffers - before;
    assert(taken < MIB, `${taken} bytes`);
    for (const { socket } of peers) socket.destroy();
    await server.close();
  });

  for (const transport of ["tcp", "local"] as const) {
    for (const end of ["end", "destroy", "resetAndDestroy"] as const) {
      if (transport === "local" && end === "resetAndDestroy") continue; // only tcp has it
      it(`see a client go whose further calls wait, over ${transport}: ${end}`, async () => {
        let aborted = 0;
        const service = testService(
          (arg, ctx) => new Promise((resolve) => { ctx.signal.addEventListener("abort", () => { aborted++; resolve(arg); }); }), // prettier-ignore
        );
        const { server, bound } = await serve(transport, service, { maxConcurrentCalls: 1, maxQueuedCalls: 1 });
        const peer = await RawPeer.connect(bound);
        peer.socket.write(Buffer.concat([1, 2, 3, 4].map((xid) => record(call(xid, 4, xid)))));
        await until(() => server.stats().running === 1);
        peer.socket[end]();
        await until(() => aborted > 0 && server.connections === 0);
        const other = await RawPeer.connect(bound);
        assert.match(await other.ask(call(9, 1, 7)), /00000007$/);
        other.socket.destroy();
        await server.close();
      });
    }
  }

  it("of a client that has ended while further calls wait: its end comes behind them", async () => {
    const finish: (() => void)[] = [];
    const service = testService((arg) => new Promise((resolve) => finish.push(() => { resolve(arg); }))); // prettier-ignore
    const { server, bound } = await serve("tcp", service, { maxConcurrentCalls: 1, maxQueuedCalls: 1 });
    const accepted: Socket[] = [];
    const made = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket);
    subscribe("net.server.socket", made);
    const peer = await RawPeer.connect(bound);
    peer.socket.write(Buffer.concat([1, 2, 3].map((xid) => record(call(xid, 4, xid)))));
    await until(() => finish.length === 1);
    unsubscribe("net.server.socket", made);
    peer.socket.end(Buffer.concat([4, 5].map((xid) => record(call(xid, 4, xid)))));
    await once(peer.socket, "finish");
    // What it sent last is held, so its end is not told yet, and its first call goes on.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([server.connections, server.stats().running], [1, 1]);
    for (let done = 0; done < finish.length; done++) {
      finish[done]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => server.connections === 0 && accepted[0]?.destroyed === true);
    await server.close();
  });

  it("that wait are nobody's once one of them has ended the connection", async () => {
    const finish: (() => void)[] = [];
    const ran: number[] = [];
    const service = testService((arg) => new Promise((resolve) => { ran.push(arg); finish.push(() => { resolve(arg); }); })); // prettier-ignore
    const { server, bound } = await serve("tcp", service, { maxConcurrentCalls: 1, maxQueuedCalls: 1 });
    const peer = await RawPeer.connect(bound);
    peer.socket.write(Buffer.concat([1, 2].map((xid) => record(call(xid, 4, xid)))));
    await until(() => ran.length === 1);
    peer.socket.write(Buffer.from("ffffffff", "hex"));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    peer.socket.write(record(call(9, 4, 9)));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (let done = 0; done < finish.length; done++) {
      finish[done]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => server.connections === 0);
    assert(!ran.includes(9));
    await server.close();
  });

  it("that wait are of 64 KiB at most, and are read in their order", async () => {
    const server = await RawServer.listen();
    const { reads, socket, peer } = await pair(server);
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 3));
    const got: Uint8Array[] = [];
    let pieces = 0;
    reads.start({
      place: () => undefined,
      filled: () => assert.fail(),
      read: (piece) => {
        // In the middle of a piece it is held once more, and let go again: the others come behind it.
        if (++pieces === 2) reads.hold();
        if (pieces === 2) reads.release();
        got.push(piece);
      },
    });
    reads.hold();
    socket.resume();
    for (let at = 0; at < 5000; at += 1000) {
      peer.write(sent.subarray(at, at + 1000));
      await until(() => socket.bytesRead === at + 1000);
    }
    peer.write(sent.subarray(5000));
    await until(() => !reads.isReading);
    const held = socket.bytesRead;
    assert(held >= 65_536 && held < 2 * 65_536, String(held));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([got.length, socket.bytesRead], [0, held]);
    reads.release();
    assert.deepEqual([Buffer.concat(got).length, reads.hasHeld], [held, false]);
    socket.resume();
    await until(() => Buffer.concat(got).length === sent.length);
    assert.equal(sent.compare(Buffer.concat(got)), 0);
    socket.destroy();
    await server.close();
  });

  it("of many connections at the same time do not write over what handlers keep", async () => {
    const { server, kept, peers } = await keeper("tcp");
    const rounds = 40;
    for (let round = 0; round < rounds; round++) {
      const lengths = peers.map((_, i) => ((round + i) % 4 === 0 ? 20_000 : 40));
      peers.forEach((peer, i) => {
        const bytes = Buffer.alloc(lengths[i] ?? 0, (4 * round + i) % 256);
        peer.send(Buffer.concat([call(round, 3, bytes.length), bytes]));
      });
      await Promise.all(peers.map((peer) => peer.receive()));
    }
    assert.equal(kept.length, rounds * peers.length);
    for (const bytes of kept) assert(bytes.every((byte) => byte === bytes[0]));
    assert.equal(new Set(kept.map(([first]) => first)).size, rounds * peers.length);
    for (const { socket } of peers) socket.destroy();
    await server.close();
  });

  it('of a socket that has no such handle as Node makes are its "data"', () => {
    const socket = new Socket();
    assert.deepEqual(readAccepted(socket), { socket, reads: undefined });
  });
});
