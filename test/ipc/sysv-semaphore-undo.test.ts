import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { IPC_PRIVATE, SysvSemaphoreSet } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./script.ts";
import { skipWithoutAddonAndPeer } from "./skip.ts";

const threads = (): number => readdirSync("/proc/self/task").length;

describe("SysvSemaphoreSet: undo and threads", () => {
  let set: SysvSemaphoreSet;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 2 });
  });

  afterEach(() => {
    set.remove();
  });

  it("takes back, when a C program is killed, what it took with SEM_UNDO", async () => {
    set.setValues([3, 3]);
    await using peer = await CPeer.start("sysv_semaphore", [set.id]);
    assert.equal(await peer.ask("op u 0 -2"), "done");
    assert.equal(await peer.ask("op - 1 -2"), "done");
    assert.deepEqual(set.values(), [1, 1]);
    const waited = set.p(0, { by: 3 });
    assert.equal(await peer.ask("blocked 0 1 get 0"), `1 1 0 ${String(peer.pid)}`);
    peer.say("crash");
    await waited;
    assert.deepEqual(set.values(), [0, 1]);
  });

  it("takes back at the end of our process what each form took with undo, and only that", async () => {
    set.setValues([10, 10]);
    for (const [end, expected] of [
      ["process.exit(0)", 0],
      [`process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);`, "SIGKILL"],
    ] as const) {
      const result = await runScript(`
        const set = new ipc.SysvSemaphoreSet(${String(set.id)});
        set.tryP(0, { undo: true });
        set.pSync(0, { undo: true });
        await set.op([{ index: 0, by: -1, undo: true }, { index: 1, by: -1 }]);
        set.v(0, { by: 5, undo: true });
        console.log(set.values().join());
        set.v(1);
        ${end}`);
      assert.deepEqual(result, { end: expected, stdout: "12,9\n", stderr: "" });
      assert.deepEqual(set.values(), [10, 10]);
    }
  });

  // On Linux, what is undone belongs to all threads that were made with CLONE_SYSVSEM together: those of pthread_create.
  it("takes nothing back when the thread ends on which a wait took it, but at the end of the process", async () => {
    const result = await runScript(`
      const { readdirSync } = await import("node:fs");
      const { setImmediate } = await import("node:timers/promises");
      const threads = () => readdirSync("/proc/self/task").length;
      const set = new ipc.SysvSemaphoreSet(${String(set.id)});
      const before = threads();
      const waits = Array.from({ length: 10 }, () => set.p(0, { undo: true }));
      while (set.waitingForMore(0) < 10);
      set.v(0, { by: 10 });
      await Promise.all(waits);
      // Six of the ten threads end: four are kept.
      while (threads() > before + 4) await setImmediate();
      console.log(set.value(0));`);
    assert.deepEqual(result, { end: 0, stdout: "0\n", stderr: "" });
    assert.equal(set.value(0), 10);
  });

  it("takes nothing back when a worker thread ends, but at the end of the process", async () => {
    const result = await runScript(`
      const { Worker } = await import("node:worker_threads");
      const { once } = await import("node:events");
      const set = new ipc.SysvSemaphoreSet(${String(set.id)});
      set.v(0, { by: 2 });
      const worker = new Worker(\`import(${JSON.stringify(new URL("../../src/ipc/index.js", import.meta.url).href)})
        .then(({ SysvSemaphoreSet }) => {
          const set = new SysvSemaphoreSet(${String(set.id)});
          set.pSync(0, { undo: true });
          return set.p(0, { undo: true });
        })\`, { eval: true });
      await once(worker, "exit");
      console.log(set.value(0));`);
    assert.deepEqual(result, { end: 0, stdout: "0\n", stderr: "" });
    assert.equal(set.value(0), 2);
  });

  it("waits in worker threads, and ends with them", async () => {
    const before = threads();
    const worker = startWorker(
      `const set = new ipc.SysvSemaphoreSet(workerData);
       for (let i = 0; i < 20; i += 1) void set.p(0);
       parentPort.on("message", () => {
         set.pSync(1);
         parentPort.postMessage("after");
       });
       parentPort.postMessage("waiting");`,
      set.id,
    );
    await once(worker, "message");
    while (set.waitingForMore(0) < 20) await setImmediate();
    worker.postMessage("go");
    while (set.waitingForMore(1) < 1) await setImmediate();
    const answer = once(worker, "message");
    set.v(1);
    assert.deepEqual(await answer, ["after"]);
    await worker.terminate();
    assert.equal(set.waitingForMore(0), 0);
    while (threads() > before + 4) await setImmediate();
  });

  it("does not hold up the exit of a process", async () => {
    const result = await runScript(`
      const set = new ipc.SysvSemaphoreSet(${String(set.id)});
      for (let i = 0; i < 20; i += 1) void set.p(0);
      while (set.waitingForMore(0) < 20);
      process.exit(3);`);
    assert.deepEqual(result, { end: 3, stdout: "", stderr: "" });
    assert.equal(set.waitingForMore(0), 0);
  });

  it("keeps several in one section: never two at once, of this process and another", async () => {
    await using peer = await CPeer.start("sysv_semaphore", [set.id]);
    set.setValue(0, 1);
    let inside = 0;
    const section = async (): Promise<void> => {
      await set.p(0);
      inside += 1;
      assert.equal(inside, 1);
      await setImmediate();
      inside -= 1;
      set.v(0);
    };
    const others = (async () => {
      for (let i = 0; i < 50; i += 1) {
        assert.equal(await peer.ask("op - 0 -1"), "done");
        assert.equal(inside, 0);
        assert.equal(await peer.ask("op - 0 1"), "done");
      }
    })();
    for (let i = 0; i < 50; i += 1) await Promise.all([section(), section(), section()]);
    await others;
    assert.equal(set.value(0), 1);
  });
});
