import assert from "node:assert/strict";
import { once } from "node:events";
import { PosixMessageQueue, SignalReceiver } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runInWorker, runScript } from "./script.ts";
import { skipFor } from "./skip.ts";

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);

describe("PosixMessageQueue", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer() ?? (process.platform === "linux" ? undefined : "the system has none"));
  });

  const name = `/tsrpcgen-${String(process.pid)}`;
  let queue: PosixMessageQueue;
  beforeEach(() => {
    queue = PosixMessageQueue.open(name, { create: true, exclusive: true, maxMessages: 2 });
  });
  afterEach(() => {
    queue.close();
    PosixMessageQueue.unlink(name);
  });

  /** Room is made by nobody: the queue is full. */
  function fill(): void {
    while (queue.trySend(text("full")));
  }

  const forms = {
    try: {
      send: (bytes: Uint8Array, priority: number) => {
        assert.equal(queue.trySend(bytes, { priority }), true);
      },
      receive: () => queue.tryReceive(),
    },
    async: {
      send: (bytes: Uint8Array, priority: number) => queue.send(bytes, { priority }),
      receive: () => queue.receive(),
    },
    sync: {
      send: (bytes: Uint8Array, priority: number) => {
        queue.sendSync(bytes, { priority });
      },
      receive: () => queue.receiveSync(),
    },
  };
  for (const [form, { send, receive }] of Object.entries(forms)) {
    it(`is C's, both ways: ${form}`, async () => {
      await using peer = await CPeer.start("posix_message_queue", [name]);
      assert.equal(await peer.line(), "open");
      await send(text("low"), 1);
      await send(text("high"), 32_767);
      assert.equal(await peer.ask("receive 0 -"), "32767 high");
      assert.equal(await peer.ask("receive 0 -"), "1 low");
      assert.equal(await peer.ask("send 0 first"), "0");
      assert.equal(await peer.ask("send 7 second"), "0");
      assert.deepEqual(await receive(), { bytes: text("second"), priority: 7 });
      assert.deepEqual(await receive(), { bytes: text("first"), priority: 0 });
    });
  }

  it("is waited for until C sends, and until C receives", async () => {
    await using peer = await CPeer.start("posix_message_queue", [name]);
    await peer.line();
    const receiving = queue.receive();
    const next = queue.receive();
    peer.say("send 3 a");
    peer.say("send 3 b");
    assert.deepEqual(await receiving, { bytes: text("a"), priority: 3 });
    assert.deepEqual(await next, { bytes: text("b"), priority: 3 });
    fill();
    const sending = queue.send(text("last"));
    peer.say("receive 0 -");
    await sending;
    peer.say("send 9 c");
    const priorities = [queue.receiveSync(), queue.receiveSync(), queue.receiveSync()].map(({ priority }) => priority);
    assert.deepEqual(priorities.sort(), [0, 0, 9]);
  });

  it("tells what it is", () => {
    queue.sendSync(new Uint8Array(0));
    assert.deepEqual(queue.attributes, { maxMessages: 2, maxMessageBytes: 8192, messages: 1 });
    assert.deepEqual(queue.tryReceive(), { bytes: new Uint8Array(0), priority: 0 });
    assert.equal(queue.tryReceive(), undefined);
    queue.sendSync(new Uint8Array(8192).fill(200));
    assert.deepEqual(queue.receiveSync().bytes, new Uint8Array(8192).fill(200));
  });

  it("ends a wait by its time, its signal, and the close; nothing is lost", async () => {
    const late = { code: "ETIMEDOUT" };
    await assert.rejects(queue.receive({ timeoutMs: 1 }), { ...late, syscall: "mq_receive" });
    assert.throws(() => queue.receiveSync({ timeoutMs: 1 }), { ...late, syscall: "mq_receive" });
    const reason = new Error("enough");
    const controller = new AbortController();
    const aborted = queue.receive({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(aborted, reason);
    fill();
    assert.equal(queue.trySend(text("more")), false);
    await assert.rejects(queue.send(text("more"), { timeoutMs: 1 }), { ...late, syscall: "mq_send" });
    assert.throws(() => {
      queue.sendSync(text("more"), { timeoutMs: 1 });
    }, late);
    assert.equal(queue.attributes.messages, 2);
    const closed = queue.send(text("more"));
    queue.close();
    queue.close();
    await assert.rejects(closed, { code: "ECANCELED" });
    assert.throws(() => queue.tryReceive(), { code: "EBADF" });
  });

  it("notifies by a signal, once, and one process alone", async () => {
    await using peer = await CPeer.start("posix_message_queue", [name]);
    await peer.line();
    const came = once(process, "SIGUSR2");
    queue.notify({ signal: "SIGUSR2", value: 5 });
    assert.equal(await peer.ask("notify 0 -"), "Device or resource busy");
    peer.say("send 0 hello");
    await came;
    assert.equal(queue.receiveSync().priority, 0);
    assert.equal(await peer.line(), "0");
    assert.equal(await peer.ask("notify 0 -"), "0");
    assert.throws(
      () => {
        queue.notify({ signal: 12 });
      },
      { code: "EBUSY", syscall: "mq_notify" },
    );
    assert.equal(await peer.exit(), 0);
    queue.notify({ signal: "SIGUSR2" });
    queue.notify(null);
    queue.notify(null);
    queue.notify({ signal: "SIGUSR2" });
    assert.throws(
      () => {
        queue.notify({ signal: 1000 });
      },
      { code: "EINVAL" },
    );
  });

  it("notifies by a signal of real time, with a value", async () => {
    using receiver = SignalReceiver.open(["SIGRTMIN+7"]);
    queue.notify({ signal: "SIGRTMIN+7", value: -5 });
    assert(queue.trySend(Uint8Array.of(1)));
    const { signal, value, pid } = await receiver.receive({ timeoutMs: 5000 });
    assert.deepEqual([signal, value, pid], ["SIGRTMIN+7", -5, process.pid]);
  });

  it("fails as the system does", async () => {
    const other = `${name}-other`;
    const open =
      (options: object, named = other) =>
      () =>
        PosixMessageQueue.open(named, options);
    assert.throws(open({}), { code: "ENOENT", syscall: "mq_open" });
    assert.throws(open({ create: true, exclusive: true }, name), { code: "EEXIST" });
    assert.throws(open({ create: true, maxMessages: 0 }), { code: "EINVAL" });
    assert.throws(open({ create: true, maxMessageBytes: 2 ** 25 }), { code: "EINVAL" });
    assert.throws(open({ create: true, maxMessages: 1.5 }), TypeError);
    assert.throws(open({ create: true }, `/${"n".repeat(300)}`), { code: "ENAMETOOLONG" });
    assert.throws(open({ create: true }, "no slash"), { code: "EINVAL" });
    assert.throws(
      () => {
        PosixMessageQueue.unlink(other);
      },
      { code: "ENOENT", syscall: "mq_unlink" },
    );
    assert.throws(() => queue.trySend(new Uint8Array(8193)), { code: "EMSGSIZE", syscall: "mq_send" });
    assert.throws(() => queue.trySend(text(""), { priority: 32_768 }), RangeError);
    await assert.rejects(queue.send(text(""), { priority: -1 }), RangeError);
    using sender = PosixMessageQueue.open(name, { access: "send" });
    assert.throws(() => sender.tryReceive(), { code: "EBADF", syscall: "mq_receive" });
    using receiver = PosixMessageQueue.open(name, { access: "receive" });
    assert.throws(() => receiver.trySend(text("")), { code: "EBADF", syscall: "mq_send" });
    assert.equal(sender.trySend(text("x"), { priority: 2 }), true);
    assert.deepEqual(receiver.tryReceive(), { bytes: text("x"), priority: 2 });
    if (process.getuid?.() !== 0) return;
    await using peer = await CPeer.start("posix_message_queue", [name], { uid: 65_534 });
    assert.equal(await peer.line(), "Permission denied");
  });

  it("is another thread's too, and goes with it", async () => {
    queue.sendSync(text("to the worker"));
    const received = await runInWorker(
      `const queue = ipc.PosixMessageQueue.open(data);
       const { bytes } = await queue.receive();
       queue.receive().catch(() => undefined);
       setImmediate(() => process.exit());
       return bytes;`,
      name,
    );
    assert.deepEqual(received, text("to the worker"));
    assert.equal(queue.trySend(text("for us")), true);
    assert.deepEqual(queue.tryReceive()?.bytes, text("for us"));
  });

  it("is closed when it is garbage", async () => {
    const { stdout, stderr } = await runScript(`
      import { readdirSync, readlinkSync } from "node:fs";
      const open = () => readdirSync("/proc/self/fd").filter((fd) => {
        try { return readlinkSync("/proc/self/fd/" + fd).includes("tsrpcgen-"); } catch { return false; }
      }).length;
      (() => { for (let i = 0; i < 50; i += 1) ipc.PosixMessageQueue.open("${name}").tryReceive(); })();
      console.log(open());
      await gc();
      console.log(open());`);
    assert.deepEqual({ stdout, stderr }, { stdout: "50\n0\n", stderr: "" });
  });
});
