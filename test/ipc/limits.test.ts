import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  IPC_PRIVATE,
  Mailbox,
  pipe,
  PosixMessageQueue,
  SignalReceiver,
  socketpair,
  SysvMessageQueue,
  UdpSocket,
  UnixStreamServer,
  UnixStreamSocket,
} from "../../src/ipc/index.ts";
import * as limits from "../../src/ipc/limits.ts";
import { whyNoAddon } from "../native/addon.ts";
import { skipFor } from "./skip.ts";

/** Bounds that no other test comes to. */
describe("tsrpcgen/ipc: bounds", () => {
  const name = `limits-${process.pid}`;

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "some are Linux's"));
  });

  it("a read of a pipe, and a receive of a socket, take 65536 bytes where more are there", () => {
    const more = new Uint8Array(limits.DEFAULT_READ_BYTES + 100);
    const { reader, writer } = pipe();
    writer.setCapacity(4 * limits.DEFAULT_READ_BYTES);
    assert.equal(writer.tryWrite(more), more.length);
    assert.equal(reader.tryRead()?.length, limits.DEFAULT_READ_BYTES);
    reader.close();
    writer.close();
    const [a, b] = socketpair();
    assert.equal(a.trySend(more), more.length);
    assert.equal(b.tryReceive()?.bytes.length, limits.DEFAULT_READ_BYTES);
    a.close();
    b.close();
  });

  it("128 connections wait to be accepted, and one more", () => {
    using server = UnixStreamServer.listen({ abstract: name });
    const waiting: UnixStreamSocket[] = [];
    for (;;) {
      const socket = UnixStreamSocket.tryConnect({ abstract: name });
      if (socket === undefined) break;
      waiting.push(socket);
    }
    for (const socket of waiting) socket.close();
    assert.equal(waiting.length, limits.DEFAULT_BACKLOG + 1);
    assert(server.tryAccept() !== undefined);
  });

  it("a datagram of the longest length is received whole", async () => {
    using socket = UdpSocket.bind({ address: "127.0.0.1" });
    const bytes = new Uint8Array(limits.MAX_DATAGRAM_BYTES - 28); // less the headers of IPv4 and UDP
    await socket.send(bytes, socket.address);
    const message = await socket.receive();
    assert.equal(message.bytes.length, bytes.length);
    assert(!message.truncated);
  });

  it("a message of 8192 bytes is taken from a System V queue", () => {
    const queue = SysvMessageQueue.open(IPC_PRIVATE);
    try {
      queue.sendSync(1, new Uint8Array(limits.DEFAULT_SYSV_MESSAGE_BYTES));
      assert.equal(queue.receiveSync().bytes.length, limits.DEFAULT_SYSV_MESSAGE_BYTES);
    } finally {
      queue.remove();
    }
  });

  it("a new POSIX queue holds 10 messages of 8192 bytes, of priorities up to 32767", () => {
    using queue = PosixMessageQueue.open(`/${name}`, { create: true, exclusive: true });
    PosixMessageQueue.unlink(`/${name}`);
    const { maxMessages, maxMessageBytes } = queue.attributes;
    assert.deepEqual(
      [maxMessages, maxMessageBytes],
      [limits.DEFAULT_POSIX_MESSAGES, limits.DEFAULT_POSIX_MESSAGE_BYTES],
    );
    assert(queue.trySend(new Uint8Array(1), { priority: limits.MAX_POSIX_PRIORITY }));
    assert.equal(queue.tryReceive()?.priority, limits.MAX_POSIX_PRIORITY);
    assert.throws(() => queue.trySend(new Uint8Array(1), { priority: limits.MAX_POSIX_PRIORITY + 1 }), RangeError);
  });

  describe("a mailbox", () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "tsrpcgen-limits-"));
    });

    afterEach(() => {
      Mailbox.unlink(name);
      rmSync(directory, { recursive: true });
    });

    it("holds 65536 bytes", () => {
      using box = Mailbox.open(name, { create: true, exclusive: true });
      const record = new Uint8Array(1024 - 8);
      let count = 0;
      while (box.trySend(record)) count += 1;
      assert.equal(count, limits.DEFAULT_MAILBOX_BYTES / 1024);
    });

    it("takes messages of 8192 bytes, where its capacity is in messages", () => {
      using box = Mailbox.open(name, { create: true, exclusive: true, capacity: { messages: 1 } });
      assert.equal(box.maxMessageBytes, limits.DEFAULT_MAILBOX_MESSAGE_BYTES);
      assert(box.trySend(new Uint8Array(limits.DEFAULT_MAILBOX_MESSAGE_BYTES)));
    });

    it("is full at 1 GiB, where it is unbounded", () => {
      using box = Mailbox.open(name, { create: true, exclusive: true, capacity: "unbounded", directory });
      assert.equal(box.maxMessageBytes, limits.DEFAULT_MAILBOX_MAX_BYTES - 8);
    });
  });

  it("256 receivers of signals at a time", () => {
    const receivers: SignalReceiver[] = [];
    try {
      assert.throws(
        () => {
          for (;;) receivers.push(SignalReceiver.open(["SIGUSR2"]));
        },
        { code: "EMFILE" },
      );
      assert.equal(receivers.length, 256);
    } finally {
      for (const receiver of receivers) receiver.close();
    }
  });
});
