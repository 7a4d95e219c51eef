import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { once } from "node:events";
import { IPC_PRIVATE, SysvMessageQueue } from "../../src/ipc/index.ts";
import { runScript, startWorker } from "../ipc/node-script.ts";
import { whyNoAddon } from "./addon.ts";

/** TSRPC_WORKERS: how many worker threads are started. `npm run chaos` starts more. */
const workers = Number(process.env.TSRPC_WORKERS ?? 50);

/** Handles that are open, and waits of every kind that go on, where a thread or the process ends. */
const busy = `
  const pipe = ipc.pipe();
  const counter = ipc.EventFd.create();
  const queue = new ipc.SysvMessageQueue(workerData);
  const name = "/tsrpcgen-ends-" + process.pid + "-" + Math.random();
  const memory = ipc.PosixSharedMemory.open(name, { create: true, size: 4096 });
  ipc.PosixSharedMemory.unlink(name);
  const mapping = memory.map();
  const receiver = ipc.SignalReceiver.open(["SIGRTMIN+6"]);
  const self = ipc.ProcessHandle.open(process.pid);
  mapping.bytes[0] = 1;
  const waits = [
    pipe.reader.read(), counter.take(), queue.receive(), queue.receive({ type: 3 }), ipc.futexWait(mapping, 4, 0),
    receiver.receive(), self.exited(),
  ];
  for (const wait of waits) wait.catch(() => {});
`;

describe("the addon, where a thread or the process ends", () => {
  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it(`bears that ${String(workers)} worker threads end in the middle of waits`, async function () {
    this.timeout(20_000 + workers * 400);
    const open = (): number => readdirSync("/proc/self/fd").length;
    const threads = (): number => readdirSync("/proc/self/task").length;
    const kept = SysvMessageQueue.open(IPC_PRIVATE);
    const one = async (i: number): Promise<void> => {
      // Ended by others, by itself, or in the middle of what it is called for.
      const ends = [
        `parentPort.postMessage(0); setInterval(() => {}, 1000);`,
        `parentPort.postMessage(0); process.exit();`,
        `parentPort.postMessage(0); for (;;) { counter.tryAdd(); pipe.writer.tryWrite(new Uint8Array(1)); await counter.take(); }`,
        `parentPort.postMessage(0); try { ipc.futexWaitSync(mapping, 8, 0, { timeoutMs: 5 }); } catch {} process.exit();`,
      ];
      const end = ends[i % ends.length] ?? "";
      const worker = startWorker(`${busy} ${end}`, kept.id);
      const exited = once(worker, "exit");
      await once(worker, "message");
      await worker.terminate();
      await exited;
    };
    try {
      await Promise.all([one(0), one(1)]);
      const [openBefore, threadsBefore] = [open(), threads()];
      for (let i = 0; i < workers; i += 2) await Promise.all([one(i), one(i + 1)]);
      assert.equal(open(), openBefore);
      assert(threads() <= threadsBefore + 1, `${String(threads())} threads, ${String(threadsBefore)} before`);
    } finally {
      kept.remove();
    }
  });

  for (const end of ["process.exit(0)", "process.kill(process.pid, 'SIGKILL')", "throw new Error('enough')", ""]) {
    it(`lets the process end while waits go on: ${end || "nothing keeps it but one, which is aborted"}`, async () => {
      const queue = SysvMessageQueue.open(IPC_PRIVATE);
      try {
        const script = end === "" ? `ipc.pipe().reader.read({ timeoutMs: 10 }).catch(() => {});` : `${busy} ${end};`;
        const result = await runScript(`const workerData = ${String(queue.id)}; ${script}`).catch(
          (error: unknown) => error as { code: number | null; signal: string | null; stderr: string },
        );
        if (end.startsWith("process.exit") || end === "") assert.equal(result, "");
        else {
          assert(typeof result === "object");
          assert.deepEqual([result.code, result.signal], end.startsWith("throw") ? [1, null] : [null, "SIGKILL"]);
        }
      } finally {
        queue.remove();
      }
    });
  }
});
