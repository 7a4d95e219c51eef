import assert from "node:assert/strict";
import { once } from "node:events";
import { futexWait, futexWaitSync, futexWake, PosixSharedMemory, type Mapping } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./node-script.ts";
import { skipFor } from "./skip.ts";

const name = `/tsrpcgen-futex-${String(process.pid)}`;

/** Wakes until someone was there to be woken: nothing tells when a waiter sleeps. */
async function wakeOne(wake: () => Promise<number> | number): Promise<void> {
  while ((await wake()) === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("futex", () => {
  let mapping: Mapping;
  let words: Int32Array<ArrayBuffer>;

  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer());
  });

  beforeEach(() => {
    using memory = PosixSharedMemory.open(name, { create: true, size: 4096 });
    mapping = memory.map();
    words = new Int32Array(mapping.buffer);
  });

  afterEach(() => {
    mapping.close();
    PosixSharedMemory.unlink(name);
  });

  it("does not wait where the word is another", async () => {
    Atomics.store(words, 1, -5);
    assert.equal(await futexWait(mapping, 4, 0), "not-equal");
    assert.equal(futexWaitSync(mapping, 4, 0), "not-equal");
    // The same bits, as a Uint32Array has them.
    assert.throws(() => futexWaitSync(mapping, 4, 2 ** 32 - 5, { timeoutMs: 0 }), { code: "ETIMEDOUT" });
    assert.throws(() => futexWaitSync(mapping, 4, -5, { timeoutMs: 0 }), { code: "ETIMEDOUT" });
  });

  it("is woken by a C program, from the event loop and blocked", async () => {
    await using peer = await CPeer.start("futex", [name]);
    await peer.line();
    const woken = futexWait(mapping, 8, 0);
    await wakeOne(async () => Number(await peer.ask("wake 8 1")));
    assert.equal(await woken, "ok");
    // Blocked, this thread sees no line of the peer's: the word's change tells it.
    peer.say("set 8 1");
    peer.say("wake 8 1");
    let result = "";
    while (Atomics.load(words, 2) === 0) result = futexWaitSync(mapping, 8, 0);
    assert.match(result, /^(|ok|not-equal)$/);
  });

  it("wakes a C program", async () => {
    await using peer = await CPeer.start("futex", [name]);
    await peer.line();
    assert.equal(await peer.ask("wait 4092 7"), "not-equal");
    peer.say("wait 4092 0");
    await wakeOne(() => futexWake(mapping, 4092));
    assert.equal(await peer.line(), "ok");
  });

  it("wakes as many as it is told", async () => {
    const waits = [1, 2, 3].map(() => futexWait(mapping, 0, 0));
    assert.equal(futexWake(mapping, 0, 0), 0);
    await wakeOne(() => futexWake(mapping, 0));
    await Promise.race(waits);
    let left = 2;
    while (left > 0) {
      left -= futexWake(mapping, 0, Infinity);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await Promise.all(waits), ["ok", "ok", "ok"]);
    assert.equal(futexWake(mapping, 0, Infinity), 0);
  });

  it("blocks a worker thread, which another thread wakes", async () => {
    const worker = startWorker(
      `const memory = ipc.PosixSharedMemory.open(workerData);
       parentPort.postMessage(ipc.futexWaitSync(memory.map(), 16, 0));`,
      name,
    );
    const message = once(worker, "message");
    await wakeOne(() => futexWake(mapping, 16));
    assert.deepEqual(await message, ["ok"]);
    await worker.terminate();
  });

  it("ends a wait by its time and its signal", async () => {
    assert.throws(() => futexWaitSync(mapping, 0, 0, { timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "futex" });
    await assert.rejects(futexWait(mapping, 0, 0, { timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "futex" });
    const reason = new Error("enough");
    const abort = new AbortController();
    const aborted = futexWait(mapping, 0, 0, { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    await assert.rejects(futexWait(mapping, 0, 0, { signal: abort.signal }), reason);
    await assert.rejects(futexWait(mapping, 0, 0, { timeoutMs: -1 }), RangeError);
    assert.equal(futexWake(mapping, 0, Infinity), 0);
  });

  it("refuses words outside of the memory", async () => {
    for (const offset of [1, 2, 4094, 4096, 2 ** 53 - 4]) {
      assert.throws(() => futexWaitSync(mapping, offset, 0), { code: "EINVAL", errno: -22, syscall: "futex" });
      await assert.rejects(futexWait(mapping, offset, 0), { code: "EINVAL" });
      assert.throws(() => futexWake(mapping, offset), { code: "EINVAL" });
    }
    assert.throws(() => futexWaitSync(mapping, -4, 0), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => futexWaitSync(mapping, 0, 2 ** 32), { code: "EINVAL" });
    assert.throws(() => futexWake(mapping, 0, -1), { code: "EINVAL" });
  });

  it("fails where the memory was truncated, or the mapping is closed", async () => {
    using memory = PosixSharedMemory.open(name);
    memory.resize(0);
    assert.throws(() => futexWaitSync(mapping, 0, 0), { code: "EFAULT", syscall: "futex" });
    await assert.rejects(futexWait(mapping, 0, 0), { code: "EFAULT" });
    memory.resize(4096);
    mapping.close();
    assert.throws(() => futexWake(mapping, 0), { code: "EBADF" });
  });

  it("keeps the memory while someone waits in it, and no longer", async () => {
    const output = await runScript(`
      import { readFileSync } from "node:fs";
      const name = ${JSON.stringify(`${name}-gc`)};
      const mapped = () => readFileSync("/proc/self/maps", "utf8").includes(name);
      const memory = ipc.PosixSharedMemory.open(name, { create: true, size: 4096 });
      const other = ipc.PosixSharedMemory.open(name);
      const woken = ipc.futexWait(memory.map(), 0, 0);
      for (let i = 0; i < 10; i += 1) { gc(); await new Promise(setImmediate); }
      const during = mapped();
      const mapping = other.map();
      while (ipc.futexWake(mapping, 0) === 0) await new Promise(setImmediate);
      mapping.close();
      console.log(during, await woken);
      while (mapped()) { gc(); await new Promise(setImmediate); }
      ipc.PosixSharedMemory.unlink(name);`);
    assert.equal(output, "true ok");
  });
});
