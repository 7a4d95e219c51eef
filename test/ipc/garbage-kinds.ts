/**
 * Makes handles of every class, leaves them to the collector, and prints what is left of them: a script, which needs
 * `--expose-gc`.
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ipc from "../../src/ipc/index.ts";

/** What the script prints, as JSON. */
export interface Garbage {
  /** By kind and what was left, how many. */
  left: Record<string, number>;
  /** Classes of which no kind has made one. */
  missing: string[];
  /** How many classes there were. */
  classes: number;
}

/** Of each kind, in each of two rounds: more than a ring has places for. */
const TIMES = 40;

const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-garbage-"));
const name = `/tsrpcgen-garbage-${String(process.pid)}`;
const mailboxName = name.slice(1);
const file = join(folder, "file");
const fifo = join(folder, "fifo");
let sockets = 0;

/** A name is removed at once: what is left is what someone has open. */
function unnamed<T>(kind: { unlink: (name: string) => void }, made: T, of: string = name): T {
  kind.unlink(of);
  return made;
}

function mailbox(options: ipc.MailboxOptions): ipc.Mailbox {
  return unnamed(ipc.Mailbox, ipc.Mailbox.open(mailboxName, { create: true, ...options }), mailboxName);
}

function sharedMemory(): ipc.PosixSharedMemory {
  return unnamed(ipc.PosixSharedMemory, ipc.PosixSharedMemory.open(name, { create: true, size: 4096 }));
}

function messageQueue(): ipc.PosixMessageQueue {
  // Of those of the default's size a user may have ten.
  const options = { create: true, maxMessages: 1, maxMessageBytes: 8 };
  return unnamed(ipc.PosixMessageQueue, ipc.PosixMessageQueue.open(name, options));
}

function mapped(memory: ipc.MemoryObject): ipc.Mapping {
  using open = memory;
  return open.map();
}

function ringIn(mapping: ipc.Mapping): ipc.Ring {
  ipc.Ring.format(mapping);
  return ipc.Ring.open(mapping);
}

function message(): unknown[] {
  const [sender, receiver] = ipc.socketpair({ type: "stream" });
  sender.trySend(Uint8Array.of(1), { descriptors: [0, 1] });
  const received = receiver.tryReceive();
  return [sender, receiver, received, ...(received?.descriptors ?? [])];
}

/** Another one each time: those before are not garbage yet. */
function socketName(): { abstract: string } {
  sockets += 1;
  return { abstract: `${mailboxName}-${String(sockets)}` };
}

function streams(): unknown[] {
  const abstract = socketName();
  const server = ipc.UnixStreamServer.listen(abstract);
  return [server, ipc.UnixStreamSocket.tryConnect(abstract), server.tryAccept()];
}

function seqpackets(): unknown[] {
  const abstract = socketName();
  const server = ipc.UnixSeqpacketServer.listen(abstract);
  return [server, ipc.UnixSeqpacketSocket.tryConnect(abstract), server.tryAccept()];
}

/** What each kind yields: one handle, or several. */
function kindsOf(segment: ipc.SysvSharedMemory, kept: ipc.Mapping): Record<string, () => unknown> {
  return {
    EventFd: () => ipc.EventFd.create(),
    Mailbox: () => mailbox({}),
    "Mailbox without capacity": () => mailbox({ capacity: 0 }),
    "Mailbox that is unbounded": () => mailbox({ capacity: "unbounded", maxBytes: 100_000, directory: folder }),
    MappedFile: () => ipc.MappedFile.open(file),
    "Mapping of a file": () => ipc.mapFile(file),
    "Mapping of a file, private": () => ipc.mapFile(file, { shared: false }),
    "Mapping that was looked at": () => {
      const mapping = ipc.mapFile(file);
      return [mapping, mapping.bytes];
    },
    "Mapping, its buffer alone": () => ipc.mapFile(file).buffer,
    "Mapping of a memfd": () => mapped(ipc.Memfd.create("garbage", { size: 4096 })),
    "Mapping of POSIX shared memory": () => mapped(sharedMemory()),
    "Mapping of System V shared memory": () => segment.attach(),
    Memfd: () => ipc.Memfd.create("garbage", { size: 4096 }),
    "PipeReader, PipeWriter": () => Object.values(ipc.pipe()),
    "PipeReader of a FIFO": () => ipc.fifo.tryOpenReader(fifo),
    PosixMessageQueue: messageQueue,
    "PosixMessageQueue that notifies": () => {
      const queue = messageQueue();
      queue.notify({ signal: "SIGRTMIN+6" });
      return queue;
    },
    PosixSemaphore: () => unnamed(ipc.PosixSemaphore, ipc.PosixSemaphore.open(name, { create: true })),
    PosixSharedMemory: sharedMemory,
    ProcessHandle: () => ipc.ProcessHandle.open(process.pid),
    Ring: () => ipc.Ring.open(kept),
    "Ring, and its memory": () => ringIn(mapped(ipc.Memfd.create("garbage", { size: 20_000 }))),
    SignalReceiver: () => ipc.SignalReceiver.open(["SIGRTMIN+6"]),
    UdpSocket: () => ipc.UdpSocket.bind({ address: "127.0.0.1" }),
    UnixDatagramSocket: () => [ipc.UnixDatagramSocket.bind(), ...ipc.socketpair({ type: "datagram" })],
    "UnixMessage, its descriptors": message,
    "UnixSeqpacketServer and its sockets": seqpackets,
    "UnixStreamServer and its sockets": streams,
  };
}

function mappings(): number {
  // Of the others Node has some, which come and go.
  const ours = /tsrpcgen-|memfd:|SYSV|\/dev\/shm/;
  return readFileSync("/proc/self/maps", "latin1")
    .split("\n")
    .filter((line) => ours.test(line)).length;
}

function count(): Record<string, number> {
  const entries = (path: string): number => readdirSync(path).length;
  return { descriptors: entries("/proc/self/fd"), mappings: mappings(), threads: entries("/proc/self/task") };
}

/** The garbage is found, and what the finalizers have put off is done. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
}

/** The classes of handles, less those that others are made of. */
function wholeClasses(): { name: string }[] {
  type Class = new () => Disposable;
  const isClass = (each: unknown): each is Class =>
    typeof each === "function" && Symbol.dispose in ((each.prototype as object | undefined) ?? {});
  const all = Object.values(ipc as Record<string, unknown>).filter(isClass);
  return all.filter((each) => !all.some((other) => Object.prototype.isPrototypeOf.call(each, other)));
}

async function main(): Promise<void> {
  const made = new Set<unknown>();
  const left: Record<string, number> = {};
  writeFileSync(file, new Uint8Array(4096));
  ipc.mkfifo(fifo);
  const segment = ipc.SysvSharedMemory.open(ipc.IPC_PRIVATE, { size: 4096 });
  try {
    using kept = mapped(ipc.Memfd.create("kept", { size: 20_000 }));
    ipc.Ring.format(kept);
    for (const [kind, make] of Object.entries(kindsOf(segment, kept))) {
      const makeSome = (times: number): void => {
        for (let i = 0; i < times; i++) for (const one of [make()].flat()) made.add((one as object).constructor);
      };
      makeSome(1);
      await collect();
      const before = count();
      for (let round = 0; round < 2; round++) {
        makeSome(TIMES);
        await collect();
      }
      for (const [what, now] of Object.entries(count())) {
        const more = now - (before[what] ?? 0);
        if (more > 0) left[`${kind}: ${what}`] = more;
      }
    }
  } finally {
    segment.remove();
    rmSync(folder, { recursive: true });
  }
  const classes = wholeClasses();
  const missing = classes.filter((each) => !made.has(each)).map((each) => each.name);
  const garbage: Garbage = { left, missing, classes: classes.length };
  console.log(JSON.stringify(garbage));
}

await main();
