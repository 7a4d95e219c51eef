import assert from "node:assert/strict";
import { once, setMaxListeners } from "node:events";
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { IPC_PRIVATE, SysvMessageQueue } from "../../src/ipc/index.ts";
import { runScript, startWorker } from "./script.ts";
import { skipWithoutAddonAndPeer } from "./skip.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const threads = (): number => readdirSync("/proc/self/task").length;

describe("SysvMessageQueue: waits", () => {
  let queue: SysvMessageQueue;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    queue = SysvMessageQueue.open(IPC_PRIVATE);
  });

  afterEach(() => {
    queue.remove();
  });

  /** Sends, and keeps the loop from running until a thread has taken the message. */
  const haveTaken = (type: number, text: string): void => {
    queue.sendSync(type, bytes(text));
    while (queue.stat().messages > 0);
  };

  it("reject with the reason of the signal, before and during a wait", async () => {
    const reason = new Error("enough");
    const aborted = AbortSignal.abort(reason);
    await assert.rejects(queue.receive({ signal: aborted }), reason);
    await assert.rejects(queue.send(1, bytes("x"), { signal: aborted }), reason);
    assert.equal(queue.stat().messages, 0);
    const abort = new AbortController();
    const received = queue.receive({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(received, reason);
    queue.sendSync(1, bytes("x"));
    assert.deepEqual(queue.tryReceive(), { type: 1, bytes: bytes("x") });
  });

  it("give the message that was taken when the signal came to the next receive", async () => {
    for (const next of ["try", "async", "sync"] as const) {
      const abort = new AbortController();
      const received = queue.receive({ signal: abort.signal });
      haveTaken(3, next);
      abort.abort();
      await assert.rejects(received, { name: "AbortError" });
      // The thread's message comes by the loop.
      await setImmediate();
      assert.equal(queue.tryReceive({ type: 2 }), undefined);
      assert.throws(() => queue.tryReceive({ maxBytes: 1 }), { code: "E2BIG", syscall: "msgrcv" });
      const message =
        next === "try"
          ? queue.tryReceive({ type: -3 })
          : next === "async"
            ? await queue.receive()
            : queue.receiveSync();
      assert.deepEqual(message, { type: 3, bytes: bytes(next) });
      assert.equal(queue.tryReceive(), undefined);
    }
  });

  it("give it to one that waits already, and wants it", async () => {
    const abort = new AbortController();
    const first = queue.receive({ signal: abort.signal });
    haveTaken(3, "late");
    const ofAnotherType = queue.receive({ type: 4 });
    const tooShort = assert.rejects(queue.receive({ type: 3, maxBytes: 1, timeoutMs: 1 }), { code: "ETIMEDOUT" });
    const second = queue.receive({ type: 3 });
    abort.abort();
    await assert.rejects(first, { name: "AbortError" });
    assert.deepEqual(await second, { type: 3, bytes: bytes("late") });
    await tooShort;
    queue.sendSync(4, bytes("other"));
    assert.deepEqual(await ofAnotherType, { type: 4, bytes: bytes("other") });
  });

  it("let a send stand that was made when the signal came: it must not be made twice", async () => {
    queue.set({ maxBytes: 1 });
    queue.sendSync(1, bytes("x"));
    const abort = new AbortController();
    const sent = queue.send(2, bytes("y"), { signal: abort.signal });
    queue.receiveSync();
    while (queue.stat().messages === 0);
    abort.abort();
    await sent;
    assert.equal(queue.receiveSync().type, 2);
  });

  it("have a thread each while they go on, and none is left over", async () => {
    const before = threads();
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const waits = Array.from({ length: 50 }, (_, i) => queue.receive({ type: i + 1, signal: abort.signal }));
    assert(threads() >= before + 46, "four may have been there, idle");
    for (let i = 0; i < 25; i += 1) queue.sendSync(2 * i + 1, bytes(String(i)));
    const odd = await Promise.all(waits.filter((_, i) => i % 2 === 0));
    assert.deepEqual(
      odd.map((message) => new TextDecoder().decode(message.bytes)),
      Array.from({ length: 25 }, (_, i) => String(i)),
    );
    abort.abort();
    for (const wait of await Promise.allSettled(waits.filter((_, i) => i % 2 === 1))) {
      assert.equal(wait.status, "rejected");
    }
    // A thread that is joined may still be seen for a moment.
    while (threads() > before + 4) await setImmediate();
  });

  it("lose nothing and take nothing twice while signals come at any time", async () => {
    const count = 500;
    const seen: number[] = [];
    const receiver = async (): Promise<void> => {
      for (let aborts = 0; seen.length < count;) {
        const abort = new AbortController();
        const received = queue.receive({ signal: abort.signal });
        if (aborts % 3 !== 0) await setImmediate();
        if ((aborts += 1) % 2 === 0) abort.abort();
        const result = await received.catch(() => undefined);
        if (result !== undefined) seen.push(Buffer.from(result.bytes).readInt32BE());
      }
    };
    const sender = async (): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        const message = Buffer.alloc(4);
        message.writeInt32BE(i);
        await queue.send(1 + (i % 3), message);
        if (i % 4 === 0) await setImmediate();
      }
    };
    await Promise.all([receiver(), sender()]);
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
  });

  it("keep a process alive, and don't hold up its exit", async () => {
    const open = `const queue = new ipc.SysvMessageQueue(${String(queue.id)});`;
    const exits = await runScript(`${open}
      for (let i = 1; i < 20; i += 1) void queue.receive({ type: i });
      setImmediate(() => process.exit(3));`);
    assert.deepEqual(exits, { end: 3, stdout: "", stderr: "" });
    const ends = await runScript(`${open}
      queue.receive({ timeoutMs: 1 }).catch((error) => console.log(error.code));`);
    assert.deepEqual(ends, { end: 0, stdout: "ETIMEDOUT\n", stderr: "" });
  });

  it("go on in a worker thread, and end with it", async () => {
    const before = threads();
    const worker = startWorker(
      `const queue = new ipc.SysvMessageQueue(workerData);
       for (let i = 3; i < 20; i += 1) void queue.receive({ type: i });
       void queue.receive({ type: 1 }).then((message) => queue.send(2, message.bytes));
       parentPort.postMessage("waiting");`,
      queue.id,
    );
    await once(worker, "message");
    await queue.send(1, bytes("there and back"));
    assert.deepEqual(await queue.receive({ type: 2 }), { type: 2, bytes: bytes("there and back") });
    await worker.terminate();
    while (threads() > before + 4) await setImmediate();
    // None of its threads is there to take it.
    queue.sendSync(5, bytes("ours"));
    assert.equal(queue.receiveSync({ timeoutMs: 1 }).type, 5);
  });
});
