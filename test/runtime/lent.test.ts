/** Long messages, which are sent from where they were encoded. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server, Socket, connect as connectSocket, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { RpcServer, connect } from "../../src/runtime/index.ts";
import { KEPT_LARGE_WRITERS, LENT_BYTES } from "../../src/runtime/limits.ts";
import type { ByteStream } from "../../src/runtime/transport/byte-stream.ts";
import { type StreamOptions, StreamTransport } from "../../src/runtime/transport/stream.ts";
import type { Transport } from "../../src/runtime/transport/transport.ts";
import { WriterPool } from "../../src/runtime/writer-pool.ts";
import type { XdrWriter } from "../../src/xdr/index.ts";
import { until } from "./raw-server.ts";
import { BLOB, RawPeer, SERVICE, call, record, serve, testService } from "./support.ts";

const MIB = 1024 * 1024;
const OPTIONS: StreamOptions = {
  end: "connected",
  records: { maxBytes: 64 * MIB, maxFragments: 16 },
  stallTimeoutMs: Infinity,
  keepAliveMs: Infinity,
  unacknowledgedTimeoutMs: Infinity,
};

/** Two ends of a tcp connection; nobody reads the second. */
async function ends(): Promise<{ socket: Socket; lazy: Socket; listener: Server }> {
  const listener = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted = once(listener, "connection") as Promise<[Socket]>;
  const socket = connectSocket((listener.address() as { port: number }).port, "127.0.0.1");
  await once(socket, "connect");
  const [lazy] = await accepted;
  return { socket, lazy: lazy.on("error", () => undefined), listener };
}

/** Each byte another one than its neighbours'. */
function pattern(bytes: number, seed: number): Uint8Array {
  const pattern = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) pattern[i] = i * 31 + (i >> 8) + seed;
  return pattern;
}

describe("runtime: a long message, lent to its stream", () => {
  it("is a record, between those before and behind it, and is given back once the system has taken it", async () => {
    const { socket, lazy, listener } = await ends();
    const transport = new StreamTransport(socket, "tcp", OPTIONS);
    transport.start({ message: () => undefined, lost: () => undefined, closed: () => undefined });
    const short = pattern(100, 1);
    const long = pattern(32 * MIB, 2); // more than the system takes
    let returned = 0;
    transport.send(short);
    transport.sendLent(long, () => returned++);
    transport.send(short);
    await until(() => socket.writableLength > 0);
    assert.equal(returned, 0, "the peer has not read it");
    assert.equal(transport.hasRoom, false);
    const pieces: Buffer[] = [];
    let length = 0;
    const whole = Buffer.concat([record(short), record(long), record(short)]);
    lazy.on("data", (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
    });
    lazy.resume();
    await until(() => length === whole.length);
    assert.equal(whole.compare(Buffer.concat(pieces)), 0);
    await transport.flush();
    assert.equal(returned, 1);
    socket.destroy();
    lazy.destroy();
    await once(listener.close(), "close");
  });

  it("is given back once, where the connection ends before it has left, or has ended", async () => {
    const { socket, lazy, listener } = await ends();
    const transport = new StreamTransport(socket, "tcp", OPTIONS);
    transport.start({ message: () => undefined, lost: () => undefined, closed: () => undefined });
    let returned = 0;
    for (let i = 0; i < 3; i++) transport.sendLent(pattern(16 * MIB, i), () => returned++);
    transport.destroy(new Error("enough"));
    await until(() => returned === 3);
    transport.sendLent(pattern(MIB, 9), () => returned++);
    assert.equal(returned, 4);
    lazy.destroy();
    await once(listener.close(), "close");
    assert.equal(returned, 4);
  });

  it("is copied where the stream is no socket of Node's, which may keep what it has written", async () => {
    const stream: ByteStream = Object.assign(new PassThrough(), { unref: () => undefined });
    const transport = new StreamTransport(stream, "fifo", OPTIONS);
    const message = pattern(LENT_BYTES, 3);
    const sent = record(message);
    let returned = 0;
    transport.sendLent(message, () => returned++);
    assert.equal(returned, 1);
    message.fill(0);
    stream.end();
    const read = Buffer.concat(await stream.toArray());
    assert.equal(read.compare(sent), 0);
  });

  for (const transport of ["tcp", "local"] as const) {
    it(`over ${transport}: replies of which several wait for a client that does not read are each what was answered`, async () => {
      const { server, bound } = await serve(transport, testService(), { maxRecordBytes: 2 * MIB });
      const slow = (await RawPeer.connect(bound)).socket.removeAllListeners("data").pause();
      const blobs = Array.from({ length: 12 }, (_, i) => pattern(MIB - 4 * i, i));
      let wanted = 0;
      for (const [i, blob] of blobs.entries()) {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(blob.length);
        slow.write(record(Buffer.concat([call(i, BLOB.number), length, blob])));
        wanted += 4 + 24 + 4 + blob.length;
      }
      const pieces: Buffer[] = [];
      let length = 0;
      slow.on("data", (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
      });
      await until(() => slow.bytesWritten - slow.writableLength > MIB);
      assert.equal(length, 0);
      slow.resume();
      await until(() => length === wanted);
      let rest = Buffer.concat(pieces);
      for (const [i, blob] of blobs.entries()) {
        const bytes = rest.readUInt32BE() - 0x8000_0000;
        assert.equal(rest.readUInt32BE(4), i);
        assert.equal(rest.subarray(32, 4 + bytes).compare(blob), 0, `reply ${i}`);
        rest = rest.subarray(4 + bytes);
      }
      slow.destroy();
      await server.close();
    });
  }

  it("calls with long arguments at the same time arrive as they were made, though the caller changes its own afterwards", async () => {
    const server = new RpcServer().add(testService());
    const bound = await server.listen({ host: "127.0.0.1", portmap: "off" });
    const { port } = bound.find(({ netid }) => netid === "tcp") ?? { port: 0 };
    await using client = await connect(SERVICE, { host: "127.0.0.1", port });
    const blob = new Uint8Array(MIB);
    const results = Array.from({ length: 10 }, (_, i) => {
      blob.fill(i + 1);
      return client.call(BLOB, blob);
    });
    blob.fill(0xff);
    for (const [i, result] of (await Promise.all(results)).entries()) {
      assert.deepEqual([result.length, result.every((byte) => byte === i + 1)], [MIB, true], `call ${i}`);
    }
    await server.close();
  });
});

describe("runtime: writers of long messages", () => {
  /** A transport that is lent what it sends, until it is told to give it back. */
  class Borrower {
    readonly held: { bytes: Uint8Array; returned: () => void }[] = [];
    copied = 0;
    readonly transport: Transport = {
      send: () => this.copied++,
      sendLent: (bytes: Uint8Array, returned: () => void) => this.held.push({ bytes, returned }),
    } as unknown as Transport;
  }

  function send(pool: WriterPool, over: Borrower, bytes: number): XdrWriter {
    const w = pool.take();
    w.reserve(bytes);
    pool.send(w, over.transport);
    return w;
  }

  it("are another message's once they were given back, and no sooner", () => {
    const [pool, over] = [new WriterPool(), new Borrower()];
    const [a, b] = [send(pool, over, MIB), send(pool, over, MIB)];
    assert.notEqual(a, b);
    over.held[0]?.returned();
    assert.equal(send(pool, over, MIB), a);
    assert.notEqual(send(pool, over, MIB), b);
    assert.equal(over.copied, 0);
  });

  it("are not lent with a short message, nor where most of their memory is empty", () => {
    const [pool, over] = [new WriterPool(), new Borrower()];
    const short = send(pool, over, LENT_BYTES - 4);
    assert.deepEqual([over.copied, over.held.length], [1, 0]);
    assert.equal(send(pool, over, LENT_BYTES), short);
    assert.deepEqual([over.copied, over.held.length], [1, 1]);
    const large = send(pool, over, MIB);
    over.held[1]?.returned();
    assert.equal(send(pool, over, MIB / 4), large);
    assert.deepEqual([over.copied, over.held.length], [2, 2]);
  });

  it("of which many come back are not all kept", () => {
    const [pool, over] = [new WriterPool(), new Borrower()];
    const all = Array.from({ length: KEPT_LARGE_WRITERS + 3 }, () => send(pool, over, MIB));
    for (const { returned } of over.held) returned();
    const again = Array.from({ length: all.length }, () => send(pool, over, MIB));
    assert.equal(again.filter((w) => all.includes(w)).length, KEPT_LARGE_WRITERS);
  });
});
