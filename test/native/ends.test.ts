import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { IPC_PRIVATE, SysvMessageQueue, SysvSemaphoreSet, SysvSharedMemory } from "../../src/ipc/index.ts";
import { runScript, startWorker } from "../ipc/node-script.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "./addon.ts";

/** TSRPC_WORKERS: how many worker threads are started. `npm run chaos` starts more. */
const workers = Number(process.env.TSRPC_WORKERS ?? 100);
/** Of those that one script starts, which has 30 s. */
const makers = Math.min(workers, 200);

/** Handles that are open, and waits of every kind that go on, where a thread or the process ends. */
const busy = `
  const pipe = ipc.pipe();
  const full = ipc.pipe();
  while (full.writer.tryWrite(new Uint8Array(65536)) !== undefined);
  const counter = ipc.EventFd.create();
  const queue = new ipc.SysvMessageQueue(workerData.queue);
  const set = new ipc.SysvSemaphoreSet(workerData.set);
  const segment = new ipc.SysvSharedMemory(workerData.segment).attach();
  const name = "/tsrpcgen-ends-" + process.pid + "-" + Math.random();
  const memory = ipc.PosixSharedMemory.open(name, { create: true, size: 20_000 });
  ipc.PosixSharedMemory.unlink(name);
  const mapping = memory.map();
  ipc.Ring.format(mapping);
  const ring = ipc.Ring.open(mapping);
  const file = ipc.Memfd.create("ends", { size: 4096 }).map();
  const boxes = [0, { messages: 1 }, "unbounded"].map((capacity, index) => {
    const box = ipc.Mailbox.open(name.slice(1) + index, { create: true, capacity, maxBytes: 1000 });
    ipc.Mailbox.unlink(name.slice(1) + index);
    return box;
  });
  boxes[1].trySend(new Uint8Array(1));
  boxes[1].cacheSend(new Uint8Array(1));
  const mq = ipc.PosixMessageQueue.open(name, { create: true, maxMessages: 1, maxMessageBytes: 8 });
  ipc.PosixMessageQueue.unlink(name);
  const fullMq = ipc.PosixMessageQueue.open(name, { create: true, maxMessages: 1, maxMessageBytes: 8 });
  ipc.PosixMessageQueue.unlink(name);
  fullMq.trySend(new Uint8Array(1));
  const semaphore = ipc.PosixSemaphore.open(name, { create: true });
  ipc.PosixSemaphore.unlink(name);
  const receiver = ipc.SignalReceiver.open(["SIGRTMIN+6"]);
  const self = ipc.ProcessHandle.open(process.pid);
  const sockets = ["stream", "seqpacket", "datagram"].map((type) => ipc.socketpair({ type })[0]);
  const server = ipc.UnixStreamServer.listen({ abstract: name });
  const udp = ipc.UdpSocket.bind({ address: "127.0.0.1" });
  file.bytes[0] = segment.bytes[0] = 1;
  const waits = [
    pipe.reader.read(), full.writer.write(new Uint8Array(1)), counter.take(), queue.receive(), queue.receive({ type: 3 }),
    set.op([{ index: 0, by: -1 }]), ipc.futexWait(mapping, 16_000, 0), receiver.receive(), self.exited(),
    ring.pop(), boxes[0].send(new Uint8Array(1)), boxes[1].send(new Uint8Array(1)), boxes[2].receive(),
    mq.receive(), fullMq.send(new Uint8Array(1)), semaphore.wait(), server.accept(), udp.receive(),
    ...sockets.map((socket) => socket.receive()), file.sync(),
  ];
  for (const wait of waits) wait.catch(() => {});
`;

/** System V objects that scripts use; removed in the end. */
class SysvObjects implements Disposable {
  readonly #objects = [
    SysvMessageQueue.open(IPC_PRIVATE),
    SysvSemaphoreSet.open(IPC_PRIVATE, { count: 1 }),
    SysvSharedMemory.open(IPC_PRIVATE, { size: 4096 }),
  ] as const;

  /** What the scripts get as `workerData`. */
  get ids(): { queue: number; set: number; segment: number } {
    const [queue, set, segment] = this.#objects;
    return { queue: queue.id, set: set.id, segment: segment.id };
  }

  /** How often the segment is attached, by anyone. */
  get attached(): number {
    return this.#objects[2].stat().attached;
  }

  [Symbol.dispose](): void {
    for (const object of this.#objects) object.remove();
  }
}

/** What a process has of the system's. */
function held(): { descriptors: number; threads: number; mappings: number } {
  const maps = readFileSync("/proc/self/maps", "latin1").split("\n");
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    threads: readdirSync("/proc/self/task").length,
    mappings: maps.filter((line) => /memfd:|SYSV|\/dev\/shm|tsrpcgen-/.test(line)).length,
  };
}

/** Resident memory that an ended worker may leave: V8's and malloc's own ways, measured at less than 0.1 MiB. */
const SLACK_BYTES_OF_A_WORKER = 300_000;

describe("the addon, where a thread or the process ends", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "some primitives are Linux's"));
  });

  it(`bears that ${String(workers)} worker threads end in the middle of waits`, async function () {
    this.timeout(20_000 + workers * 400);
    using kept = new SysvObjects();
    const one = async (i: number): Promise<void> => {
      // Ended by others, by itself, or in the middle of what it is called for.
      const ends = [
        `parentPort.postMessage(0); setInterval(() => {}, 1000);`,
        `parentPort.postMessage(0); process.exit();`,
        `parentPort.postMessage(0); for (;;) { counter.tryAdd(); pipe.writer.tryWrite(new Uint8Array(1)); await counter.take(); }`,
        `parentPort.postMessage(0); try { ipc.futexWaitSync(mapping, 16_000, 0, { timeoutMs: 5 }); } catch {} process.exit();`,
      ];
      const end = ends[i % ends.length] ?? "";
      const worker = startWorker(`${busy} ${end}`, kept.ids);
      const exited = once(worker, "exit");
      await once(worker, "message");
      await worker.terminate();
      await exited;
    };
    for (let i = 0; i < 4; i += 2) await Promise.all([one(i), one(i + 1)]);
    const before = { ...held(), rss: process.memoryUsage.rss() };
    for (let i = 0; i < workers; i += 2) await Promise.all([one(i), one(i + 1)]);
    const after = held();
    assert.deepEqual(
      { ...after, threads: 0 },
      { descriptors: before.descriptors, mappings: before.mappings, threads: 0 },
    );
    // libuv's pool, and what waits for the disk.
    assert(after.threads <= before.threads + 1, `${String(after.threads)} threads, ${String(before.threads)} before`);
    assert.equal(kept.attached, 0);
    // A sanitizer keeps what was freed, to see who uses it still.
    if (process.env.TSRPC_NATIVE_PATH !== undefined) return;
    const grown = process.memoryUsage.rss() - before.rss;
    const slack = 32 * 1024 * 1024 + workers * SLACK_BYTES_OF_A_WORKER;
    assert(grown < slack, `${String(grown)} bytes more after ${String(workers)} workers`);
  });

  it("bears that worker threads end in the middle of making what they use, or of loading it", async function () {
    this.timeout(60_000);
    const maker = `
      const memory = ipc.PosixSharedMemory.open(workerData);
      parentPort.postMessage("makes");
      for (;;) {
        const mapping = memory.map();
        ipc.Ring.open(mapping).close();
        mapping.close();
        ipc.PosixSemaphore.open(workerData).close();
      }`;
    // In a process of its own, which the end of a thread must not end.
    const result = await runScript(`
      import { once } from "node:events";
      import { readFileSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      import { startWorker } from ${JSON.stringify(new URL("../ipc/node-script.js", import.meta.url).href)};
      const name = "/tsrpcgen-making-" + process.pid;
      const kept = [ipc.PosixSharedMemory.open(name, { create: true, size: 65_536 }).map(), ipc.PosixSemaphore.open(name, { create: true })];
      ipc.Ring.format(kept[0]);
      const mapped = () => readFileSync("/proc/self/maps", "latin1").split(name.slice(1)).length - 1;
      const before = mapped();
      const round = async (i) => {
        const worker = startWorker(${JSON.stringify(maker)}, name);
        await once(worker, i % 4 < 2 ? "message" : "online");
        await setTimeout((i * 7) % 40); // to load the module takes some 30
        await worker.terminate();
      };
      for (let i = 0; i < ${String(makers)}; i += 2) await Promise.all([round(i), round(i + 1)]);
      for (const { unlink } of [ipc.PosixSharedMemory, ipc.PosixSemaphore]) unlink(name);
      console.log("done", before, mapped() - before, kept.length);
    `);
    assert.equal(result, "done 2 0 2", "nothing is mapped that was not before");
  });

  for (const end of ["process.exit(0)", "process.kill(process.pid, 'SIGKILL')", "throw new Error('enough')", ""]) {
    it(`lets the process end while waits go on: ${end || "nothing keeps it but one, which is aborted"}`, async () => {
      using kept = new SysvObjects();
      const script = end === "" ? `ipc.pipe().reader.read({ timeoutMs: 10 }).catch(() => {});` : `${busy} ${end};`;
      const result = await runScript(`const workerData = ${JSON.stringify(kept.ids)}; ${script}`).catch(
        (error: unknown) => error as { code: number | null; signal: string | null; stderr: string },
      );
      if (end.startsWith("process.exit") || end === "") assert.equal(result, "");
      else {
        assert(typeof result === "object");
        assert.deepEqual([result.code, result.signal], end.startsWith("throw") ? [1, null] : [null, "SIGKILL"]);
      }
      assert.equal(kept.attached, 0);
    });
  }
});
