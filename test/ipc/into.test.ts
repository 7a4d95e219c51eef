import assert from "node:assert/strict";
import {
  IPC_PRIVATE,
  Mailbox,
  Memfd,
  pipe,
  PosixMessageQueue,
  Ring,
  socketpair,
  SysvMessageQueue,
} from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { skipFor } from "./skip.ts";

const sent = Uint8Array.of(1, 2, 3, 4);
const name = `tsrpcgen-into-${String(process.pid)}`;

/** Whether it is `into`, or the first of it, with what was sent. */
function assertIn(into: Uint8Array, received: Uint8Array | null | undefined, expected = sent): void {
  assert(received instanceof Uint8Array);
  assert.equal(received.buffer, into.buffer);
  assert.equal(received.byteOffset, into.byteOffset);
  assert.deepEqual([...received], [...expected]);
  assert.equal(received === into, expected.length === into.length);
}

describe("receives into the caller's bytes", () => {
  before(function () {
    skipFor(this, whyNoAddon());
  });

  it("of a pipe: no more than there is room for, and the rest stays", async () => {
    const { reader, writer } = pipe();
    const memory = new Uint8Array(32).fill(9);
    const into = memory.subarray(8, 16);
    writer.writeSync(sent);
    assertIn(into, reader.readSync({ into }));
    assert.deepEqual([...memory.subarray(4, 14)], [9, 9, 9, 9, 1, 2, 3, 4, 9, 9]);
    writer.writeSync(sent);
    assertIn(into, reader.readSync({ into, maxBytes: 3, timeoutMs: 1000 }), sent.subarray(0, 3));
    assertIn(into, reader.tryRead({ into }), sent.subarray(3));
    const whole = new Uint8Array(4);
    const reading = reader.read({ into: whole });
    writer.writeSync(sent);
    assertIn(whole, await reading);
    assert.throws(() => reader.readSync({ into: new Uint8Array(0) }), RangeError);
    writer.close();
    assert.equal(reader.readSync({ into }), null);
    reader.close();
  });

  for (const type of ["datagram", "seqpacket"] as const) {
    it(`of a ${type} socket: what is longer is cut, and it says so`, async () => {
      const [first, second] = socketpair({ type });
      for (const length of [4, 16]) {
        const into = new Uint8Array(length);
        first.sendSync(sent);
        const message = second.receiveSync({ into });
        assertIn(into, message?.bytes);
        assert.equal(message?.truncated, false);
        first.sendSync(sent);
        assertIn(into, second.tryReceive({ into })?.bytes);
        const receiving = second.receive({ into });
        first.sendSync(sent);
        assertIn(into, (await receiving)?.bytes);
      }
      first.sendSync(sent);
      const short = new Uint8Array(3);
      const cut = second.receiveSync({ into: short });
      assertIn(short, cut?.bytes, sent.subarray(0, 3));
      assert.equal(cut?.truncated, true);
      assert.throws(() => second.receiveSync({ into: new Uint8Array(0) }), RangeError);
      first.close();
      second.close();
    });
  }

  it("of a System V queue: E2BIG where it is too short, and the message stays, or is cut", async () => {
    const queue = SysvMessageQueue.open(IPC_PRIVATE);
    try {
      const into = new Uint8Array(4);
      queue.sendSync(7, sent);
      assert.throws(() => queue.receiveSync({ into: new Uint8Array(3), maxBytes: 100 }), { code: "E2BIG" });
      const message = queue.receiveSync({ into });
      assert.equal(message.type, 7);
      assertIn(into, message.bytes);
      queue.sendSync(7, sent);
      const short = new Uint8Array(3);
      assertIn(short, queue.tryReceive({ into: short, truncate: true })?.bytes, sent.subarray(0, 3));
      for (const type of [1, 2]) {
        const receiving = queue.receive({ into, type });
        queue.sendSync(type, sent);
        assertIn(into, (await receiving).bytes);
      }
    } finally {
      queue.remove();
    }
  });

  it("of a POSIX queue: EMSGSIZE where it is shorter than the queue's longest, and the message stays", async () => {
    using queue = PosixMessageQueue.open(`/${name}`, { create: true, maxMessages: 2, maxMessageBytes: 16 });
    PosixMessageQueue.unlink(`/${name}`);
    const into = new Uint8Array(16);
    queue.sendSync(sent, { priority: 3 });
    assert.throws(() => queue.receiveSync({ into: new Uint8Array(15) }), { code: "EMSGSIZE", syscall: "mq_receive" });
    const message = queue.receiveSync({ into });
    assert.equal(message.priority, 3);
    assertIn(into, message.bytes);
    queue.sendSync(sent);
    assertIn(into, queue.tryReceive({ into })?.bytes);
    const receiving = queue.receive({ into });
    queue.sendSync(sent);
    assertIn(into, (await receiving).bytes);
  });

  it("of a ring: EMSGSIZE where it is too short, and the record stays", () => {
    using memory = Memfd.create("into", { size: Ring.bytesFor(4096) });
    using mapping = memory.map();
    Ring.format(mapping);
    using ring = Ring.open(mapping);
    const into = new Uint8Array(4);
    ring.pushSync(sent);
    assert.throws(() => ring.popSync({ into: new Uint8Array(3) }), { code: "EMSGSIZE", syscall: "ring" });
    assertIn(into, ring.popSync({ into }));
    ring.pushSync(sent, { timeoutMs: 1000 });
    assertIn(into, ring.popSync({ into, timeoutMs: 1000, spinUs: 1 }));
    assert.throws(() => ring.popSync({ into, timeoutMs: 1 }), { code: "ETIMEDOUT" });
  });

  it("of a ring: all of the record, also where the memory was resized since the last one", () => {
    using memory = Memfd.create("into", { size: Ring.bytesFor(4096) });
    using mapping = memory.map();
    Ring.format(mapping, { producers: "one", consumers: "one" });
    using ring = Ring.open(mapping);
    const made: unknown = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 64 }]);
    const buffer = made as ArrayBuffer & { resize: (bytes: number) => void };
    const into = new Uint8Array(buffer);
    for (const [bytes, length] of [
      [16, 8],
      [64, 64],
      [8, 8],
      [64, 32],
    ] as const) {
      buffer.resize(bytes);
      // The first one goes through the addon, which then leaves this end to JavaScript.
      for (const first of [1, 100]) {
        const record = Uint8Array.from({ length }, (_, i) => first + i);
        assert(ring.tryPush(record));
        assert.deepEqual([...(ring.tryPop({ into }) ?? [])], [...record]);
      }
    }
  });

  it("of a mailbox: as a ring; without capacity it must have room for the longest", async () => {
    using box = Mailbox.open(name, { create: true });
    Mailbox.unlink(name);
    const into = new Uint8Array(4);
    box.sendSync(sent);
    assert.throws(() => box.receiveSync({ into: new Uint8Array(3) }), { code: "EMSGSIZE" });
    assertIn(into, box.receiveSync({ into }));
    box.sendSync(sent);
    assert.throws(() => box.tryReceive({ into: new Uint8Array(3) }), { code: "EMSGSIZE" });
    assertIn(into, box.tryReceive({ into }));
    assert.equal(box.tryReceive({ into }), undefined);
    const coming = box.receive({ into });
    box.sendSync(sent);
    assertIn(into, await coming);
    using rendezvous = Mailbox.open(name, { create: true, capacity: 0, maxMessageBytes: 8 });
    Mailbox.unlink(name);
    assert.throws(() => rendezvous.receiveSync({ into }), RangeError);
    assert.throws(() => rendezvous.receiveSync({ into: new Uint8Array(8), timeoutMs: 1 }), { code: "ETIMEDOUT" });
    assert.throws(() => rendezvous.tryReceive({ into }), RangeError);
    await assert.rejects(rendezvous.receive({ into }), RangeError);
    const long = new Uint8Array(8);
    assert.equal(rendezvous.tryReceive({ into: long }), undefined);
    const meeting = rendezvous.receive({ into: long });
    await rendezvous.send(sent);
    assertIn(long, await meeting);
  });
});
