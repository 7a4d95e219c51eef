import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket, connect as connectSocket } from "node:net";
import { availableParallelism } from "node:os";
import { RecordBatch, keepBuffer } from "../../src/runtime/transport/record-batch.ts";
import { RecordParts } from "../../src/runtime/transport/record-parts.ts";
import { StreamTransport } from "../../src/runtime/transport/stream.ts";
import { RawServer } from "./raw-server.ts";
import { RawPeer } from "./support.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("runtime: records that leave together", () => {
  it("lie one behind the other, each behind its mark", () => {
    const batch = new RecordBatch();
    batch.add(Uint8Array.of(1, 2, 3, 4));
    batch.add(new Uint8Array(0));
    batch.add(new Uint8Array(300).fill(7).subarray(0, 258));
    assert.equal(batch.length, 4 + 4 + 4 + 4 + 258);
    const bytes = batch.take().subarray(0, 274);
    assert.equal(hex(bytes), `80000004010203048000000080000102${"07".repeat(258)}`);
    assert.equal(batch.length, 0);
  });

  it("are a batch of 64 KiB at most", () => {
    const batch = new RecordBatch();
    assert.equal(batch.hasRoom(new Uint8Array(64 * 1024 - 4)), true);
    assert.equal(batch.hasRoom(new Uint8Array(64 * 1024 - 3)), false);
    batch.add(new Uint8Array(60 * 1024));
    assert.equal(batch.hasRoom(new Uint8Array(4 * 1024 - 8)), true);
    assert.equal(batch.hasRoom(new Uint8Array(4 * 1024 - 7)), false);
  });

  it("take memory of their own until that is given back", () => {
    const [one, other] = [new RecordBatch(), new RecordBatch()];
    one.add(Uint8Array.of(1));
    const first = one.take();
    other.add(Uint8Array.of(2));
    const second = other.take();
    assert.notEqual(second.buffer, first.buffer);
    assert.equal(hex(first.subarray(0, 5)), "8000000101");
    keepBuffer(first);
    one.add(Uint8Array.of(3));
    assert.equal(one.take(), first);
  });

  describe("before their tick ends", () => {
    /** How many records each batch of a tick had that was due before its end, of so many. */
    function dueIn(batch: RecordBatch, records: number): number[] {
      const due: number[] = [];
      let count = 0;
      for (let i = 0; i < records; i++) {
        batch.add(Uint8Array.of(1));
        count++;
        if (!batch.isDue) continue;
        keepBuffer(batch.take());
        due.push(count);
        count = 0;
      }
      if (batch.length > 0) keepBuffer(batch.take());
      batch.endTick();
      return due;
    }

    it("16 do, then twice as many, where the tick before was the same connection's", () => {
      const batch = new RecordBatch(true);
      assert.deepEqual(dueIn(batch, 100), []);
      assert.deepEqual(dueIn(batch, 15), []);
      assert.deepEqual(dueIn(batch, 16), [16]);
      assert.deepEqual(dueIn(batch, 500), [16, 32, 64, 128, 256]);
      assert.deepEqual(dueIn(batch, 17), [16]);
    });

    it("none do while other connections are busy too, or where there is one processor", () => {
      const [one, other] = [new RecordBatch(true), new RecordBatch(true)];
      for (let tick = 0; tick < 3; tick++) for (const batch of [one, other]) assert.deepEqual(dueIn(batch, 100), []);
      // Until one is alone again.
      assert.deepEqual(dueIn(other, 20), []);
      assert.deepEqual(dueIn(other, 20), [16]);
      const alone = new RecordBatch(false);
      for (let tick = 0; tick < 3; tick++) assert.deepEqual(dueIn(alone, 100), []);
    });
  });
});

describe("runtime: what a stream writes", () => {
  it("of the only busy connection: 16 records of a tick at once, then the rest", async () => {
    const server = await RawServer.listen();
    const accepted = server.nextSocket();
    const socket = connectSocket({ host: "127.0.0.1", port: server.port });
    await once(socket, "connect");
    const peer = RawPeer.over(await accepted);
    const written: number[] = [];
    socket.write = (bytes: Uint8Array) => {
      written.push(bytes.length);
      return Socket.prototype.write.call(socket, bytes);
    };
    const options = { keepAliveMs: Infinity, unacknowledgedTimeoutMs: Infinity, stallTimeoutMs: Infinity };
    const records = { maxBytes: 1000, maxFragments: 1 };
    const transport = new StreamTransport(socket, "tcp", { ...options, records, end: "connected" });
    transport.start({ message: () => undefined, lost: () => undefined, closed: () => undefined });
    for (let tick = 0; tick < 3; tick++) {
      for (let i = 0; i < 60; i++) transport.send(Uint8Array.of(0, 0, tick, i));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Eight bytes each. Before the first tick another connection may have been the last one.
    const last = availableParallelism() > 1 ? [16 * 8, 32 * 8, 12 * 8] : [60 * 8, 60 * 8];
    assert.deepEqual(written.slice(-last.length), last);
    for (let n = 0; n < 3 * 60; n++) assert.deepEqual([...(await peer.receive())], [0, 0, Math.floor(n / 60), n % 60]);
    await transport.close();
    await server.close();
  });
});

describe("runtime: a record that comes in pieces", () => {
  it("is put together, short pieces and long ones, in their order", () => {
    const lengths = [3, 20_000, 1, 5000, 4000, 70_000, 16_383, 16_384, 2];
    for (const areOwn of [true, false]) {
      const parts = new RecordParts(areOwn);
      const pieces = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
      for (const piece of pieces) parts.add(piece);
      assert.equal(parts.length, 131_773);
      assert.equal(Buffer.compare(parts.whole(), Buffer.concat(pieces)), 0);
      parts.clear();
      assert.equal(parts.length, 0);
    }
  });

  it("is not what its pieces become, where they are not its own", () => {
    const parts = new RecordParts(false);
    const space = new Uint8Array(40_000).fill(1);
    parts.add(space);
    space.fill(2);
    parts.add(space);
    const whole = parts.whole();
    assert.deepEqual([whole.length, whole[0], whole[39_999], whole[40_000]], [80_000, 1, 1, 2]);
  });

  it("takes no more memory than has come, and a little", () => {
    const parts = new RecordParts(true);
    let taken = 0;
    const add = (length: number): void => {
      const piece = new Uint8Array(length);
      taken += parts.memoryFor(piece);
      parts.add(piece);
    };
    add(1);
    assert.equal(taken, 4096);
    for (let i = 1; i < 4096; i++) add(1);
    assert.equal(taken, 4096);
    add(1);
    assert.equal(taken, 4096 + 8192);
    add(50_000);
    assert.equal(taken, 4096 + 8192 + 50_000);
  });
});
