/** Each kind of tsrpcgen/ipc, over and over. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAddon } from "../../src/ipc/addon.ts";
import {
  EventFd,
  fifo,
  futexWait,
  futexWake,
  IPC_PRIVATE,
  Mailbox,
  mapFile,
  Memfd,
  mkfifo,
  pipe,
  PosixMessageQueue,
  PosixSemaphore,
  PosixSharedMemory,
  ProcessHandle,
  Ring,
  SignalReceiver,
  sigqueue,
  socketpair,
  SysvMessageQueue,
  SysvSemaphoreSet,
  SysvSharedMemory,
  UdpSocket,
  UnixStreamServer,
  UnixStreamSocket,
} from "../../src/ipc/index.ts";
import { systemError } from "../../src/ipc/system-error.ts";

/** One go of a kind: a few operations, with waits that come to something, and some that do not. @returns how many */
type Go = () => Promise<number>;

const mailboxCapacities = [0, { bytes: 1000 }, { messages: 3 }, "unbounded"] as const;
const bytes = new Uint8Array(64).fill(7);
const within = { timeoutMs: 10_000 };

/** A wait that is ended before anything comes: its thread, timer and listener are to go with it. */
async function aborted(wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const ended = wait(controller.signal).then(
    () => {
      throw new Error("nobody has sent anything");
    },
    () => undefined,
  );
  controller.abort(systemError("ECANCELED", "soak"));
  await ended;
}

/** Why there is nothing to soak, or undefined. */
export function whyNoIpc(): string | undefined {
  if (process.platform !== "linux") return "all kinds are there on Linux alone";
  const found = findAddon();
  return typeof found === "string" ? found : undefined;
}

/** Threads and descriptors of the process. */
export function threadsAndDescriptors(): { threads: number; descriptors: number } {
  return { threads: readdirSync("/proc/self/task").length, descriptors: readdirSync("/proc/self/fd").length };
}

export class IpcTraffic implements Disposable {
  /** By kind. */
  readonly operations: Map<string, number> = new Map<string, number>();
  readonly #queue = SysvMessageQueue.open(IPC_PRIVATE);
  readonly #set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 1 });
  readonly #segment = SysvSharedMemory.open(IPC_PRIVATE, { size: 4096 });
  readonly #folder = mkdtempSync(join(tmpdir(), "tsrpcgen-soak-"));
  readonly #kinds: Readonly<Record<string, Go>>;
  #mailboxes = 0;

  /** @param only the kinds; default all. @throws RangeError where there is none of that name */
  constructor(only?: readonly string[]) {
    const name = `/tsrpcgen-soak-${String(process.pid)}`;
    const mq = PosixMessageQueue.open(name, { create: true, maxMessages: 4, maxMessageBytes: 64 });
    PosixMessageQueue.unlink(name);
    const semaphore = PosixSemaphore.open(name, { create: true });
    PosixSemaphore.unlink(name);
    const memory = PosixSharedMemory.open(name, { create: true, size: 4096 });
    PosixSharedMemory.unlink(name);
    const mapping = memory.map();
    mkfifo(join(this.#folder, "fifo"));
    const signals = SignalReceiver.open(["SIGRTMIN+5"]);
    const kinds: Record<string, Go> = {
      pipe: async () => {
        const { reader, writer } = pipe();
        const read = reader.read(within);
        await writer.write(bytes);
        await read;
        await aborted((signal) => reader.read({ signal }));
        reader.close();
        writer.close();
        return 6;
      },
      socketpair: async () => {
        const [a, b] = socketpair({ type: "seqpacket" });
        await a.send(bytes, { descriptors: [b] });
        const message = await b.receive(within);
        for (const one of message?.descriptors ?? []) one.close();
        a.close();
        b.close();
        return 5;
      },
      udp: async () => {
        using socket = UdpSocket.bind({ address: "127.0.0.1" });
        await socket.send(bytes, socket.address);
        await socket.receive(within);
        await aborted((signal) => socket.receive({ signal }));
        return 4;
      },
      eventfd: async () => {
        using counter = EventFd.create();
        counter.tryAdd(3);
        await counter.take(within);
        await aborted((signal) => counter.take({ signal }));
        return 4;
      },
      // Garbage, too: nobody closes the mapping. It is collected where the loop gets its turn.
      memfd: async () => {
        using memfd = Memfd.create("soak", { size: 4096 });
        memfd.map().bytes[0] = 1;
        await new Promise(setImmediate);
        return 3;
      },
      "shared memory": () => {
        using mapped = memory.map();
        mapped.bytes.set(bytes);
        return Promise.resolve(2);
      },
      // Beyond what the one above writes.
      futex: async () => {
        const woken = futexWait(mapping, 1024, 0, within);
        while (futexWake(mapping, 1024) === 0) await new Promise(setImmediate);
        await woken;
        await aborted((signal) => futexWait(mapping, 1028, 0, { signal }));
        return 3;
      },
      ring: async () => {
        using memfd = Memfd.create("soak", { size: Ring.bytesFor(1024) });
        using mapped = memfd.map();
        Ring.format(mapped);
        using ring = Ring.open(mapped);
        const popped = ring.pop(within);
        await ring.push(bytes);
        await popped;
        await aborted((signal) => ring.pop({ signal }));
        return 5;
      },
      // Of each capacity in turn.
      mailbox: async () => {
        const capacity = mailboxCapacities[this.#mailboxes++ % mailboxCapacities.length];
        using box = Mailbox.open(name.slice(1), { create: true, capacity, maxBytes: 10_000, directory: this.#folder });
        Mailbox.unlink(name.slice(1));
        const received = box.receive(within);
        await box.send(bytes, within);
        await received;
        await aborted((signal) => box.receive({ signal }));
        return 5;
      },
      connection: async () => {
        using server = UnixStreamServer.listen({ abstract: name });
        const accepted = server.accept(within);
        using client = await UnixStreamSocket.connect({ abstract: name }, within);
        using socket = await accepted;
        await client.send(bytes, within);
        await socket.receive(within);
        await aborted((signal) => server.accept({ signal }));
        return 6;
      },
      fifo: async () => {
        const path = join(this.#folder, "fifo");
        const [reader, writer] = await Promise.all([fifo.openReader(path, within), fifo.openWriter(path, within)]);
        await writer.write(bytes, within);
        await reader.read(within);
        reader.close();
        writer.close();
        await aborted((signal) => fifo.openReader(path, { signal }));
        return 5;
      },
      file: async () => {
        using mapped = mapFile(join(this.#folder, "file"), { create: true, size: 4096 });
        mapped.bytes.set(bytes);
        await mapped.sync();
        return 3;
      },
      process: async () => {
        using self = ProcessHandle.open(process.pid);
        await aborted((signal) => self.exited({ signal }));
        return 2;
      },
      "message queue": async () => {
        const received = mq.receive(within);
        await mq.send(bytes, within);
        await received;
        await aborted((signal) => mq.receive({ signal }));
        return 3;
      },
      semaphore: async () => {
        const waited = semaphore.wait(within);
        semaphore.post();
        await waited;
        await aborted((signal) => semaphore.wait({ signal }));
        return 3;
      },
      signals: async () => {
        const received = signals.receive(within);
        sigqueue(process.pid, "SIGRTMIN+5", 1);
        await received;
        return 2;
      },
      "System V queue": async () => {
        const received = this.#queue.receive(within);
        await this.#queue.send(2, bytes, within);
        await received;
        await aborted((signal) => this.#queue.receive({ signal }));
        return 3;
      },
      "System V semaphores": async () => {
        const lowered = this.#set.op([{ index: 0, by: -1 }], within);
        this.#set.tryOp([{ index: 0, by: 1 }]);
        await lowered;
        await aborted((signal) => this.#set.op([{ index: 0, by: -1 }], { signal }));
        return 3;
      },
      "System V memory": () => {
        using attached = this.#segment.attach();
        attached.bytes.set(bytes);
        return Promise.resolve(2);
      },
    };
    const missing = only?.find((kind) => !(kind in kinds));
    if (missing !== undefined) throw new RangeError(`${missing} is none of ${Object.keys(kinds).join(", ")}`);
    this.#kinds = Object.fromEntries(Object.entries(kinds).filter(([kind]) => only?.includes(kind) ?? true));
  }

  async round(): Promise<void> {
    for (const [kind, go] of Object.entries(this.#kinds)) {
      const count = await go();
      this.operations.set(kind, (this.operations.get(kind) ?? 0) + count);
    }
  }

  /** Each kind until it has come to so many operations. */
  async until(operations: number): Promise<void> {
    for (const [kind, go] of Object.entries(this.#kinds)) {
      let count = this.operations.get(kind) ?? 0;
      // What is collected is freed in turns of the loop, and some kinds need none.
      for (let i = 1; count < operations; i++) {
        count += await go();
        if (i % 1000 === 0) await new Promise(setImmediate);
      }
      this.operations.set(kind, count);
    }
  }

  [Symbol.dispose](): void {
    for (const object of [this.#queue, this.#set, this.#segment]) object.remove();
    rmSync(this.#folder, { recursive: true });
  }
}
