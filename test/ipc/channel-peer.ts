/**
 * A process of the tests of what several processes push into and pop from: a Ring, or a Mailbox. It uses it as its
 * arguments say, and notes what it has popped in a memory of its own.
 * @module
 */
import { once } from "node:events";
import { Mailbox, PosixSharedMemory, Ring } from "../../src/ipc/index.ts";

/** Of a record that tells a consumer to end. */
export const stopProducer: number = 0xffff_ffff;

/** Where the notes begin: before them is how many records were popped in all, 32 bits. */
export const notesOffset = 64;

/** How a process waits. `cache`: a Mailbox keeps one message; who receives waits as by `async`. */
export type Form = "sync" | "async" | "try" | "cache";

export interface PeerOptions {
  /** A Ring's: of its POSIX shared memory. */
  name: string;
  kind: "ring" | "mailbox";
  /** Of the notes' POSIX shared memory: a byte for each record of each producer. */
  notes: string;
  role: "produce" | "consume";
  form: Form;
  /** The producer's number, which its records carry. */
  id: number;
  /** Records that one producer pushes at most. */
  count: number;
  /** Bytes of a record, from the shortest to the longest. */
  lengths: readonly [number, number];
  /** It says that it is ready, and begins when it is told so. */
  waits: boolean;
}

/** Of a Ring or a Mailbox, what the tests use. */
export interface Channel {
  push(bytes: Uint8Array): Promise<void>;
  pushSync(bytes: Uint8Array): void;
  tryPush(bytes: Uint8Array): boolean;
  cachePush(bytes: Uint8Array): Promise<void>;
  pop(): Promise<Uint8Array>;
  popSync(): Uint8Array;
  tryPop(): Uint8Array | undefined;
  /** What was kept has gone in. */
  flush(): Promise<void>;
  close(): void;
}

function ringOf(name: string): Channel {
  using memory = PosixSharedMemory.open(name);
  const ring = Ring.open(memory.map());
  return {
    push: (bytes) => ring.push(bytes),
    pushSync: (bytes) => {
      ring.pushSync(bytes);
    },
    tryPush: (bytes) => ring.tryPush(bytes),
    cachePush: (bytes) => ring.push(bytes),
    pop: () => ring.pop(),
    popSync: () => ring.popSync(),
    tryPop: () => ring.tryPop(),
    flush: () => Promise.resolve(),
    close: () => {
      ring.close();
    },
  };
}

function mailboxOf(name: string): Channel {
  const box = Mailbox.open(name);
  return {
    push: (bytes) => box.send(bytes),
    pushSync: (bytes) => {
      box.sendSync(bytes);
    },
    tryPush: (bytes) => box.trySend(bytes),
    cachePush: async (bytes) => {
      while (box.cacheSend(bytes) === "refused") await box.cached;
    },
    pop: () => box.receive(),
    popSync: () => box.receiveSync(),
    tryPop: () => box.tryReceive(),
    flush: async () => {
      await box.cached;
    },
    close: () => {
      box.close();
    },
  };
}

const turn = (): Promise<void> => new Promise(setImmediate);

/** Bytes of a producer's record of this sequence: 8 at least. */
function lengthOf(sequence: number, [shortest, longest]: readonly [number, number]): number {
  return shortest + ((sequence * 37) % (longest - shortest + 1));
}

/** @returns how many it has pushed */
async function produce(channel: Channel, { id, count, form, lengths }: PeerOptions): Promise<number> {
  const scratch = new Uint8Array(lengths[1]);
  const view = new DataView(scratch.buffer);
  view.setUint32(0, id);
  for (let sequence = 0; sequence < count; sequence++) {
    const bytes = scratch.subarray(0, lengthOf(sequence, lengths)).fill(sequence & 0xff, 8);
    view.setUint32(4, sequence);
    if (form === "sync") channel.pushSync(bytes);
    else if (form === "async") await channel.push(bytes);
    else if (form === "cache") await channel.cachePush(bytes);
    else while (!channel.tryPush(bytes)) await turn();
  }
  await channel.flush();
  return count;
}

async function popOne(channel: Channel, form: Form): Promise<Uint8Array> {
  if (form === "sync") return channel.popSync();
  if (form !== "try") return channel.pop();
  for (;;) {
    const bytes = channel.tryPop();
    if (bytes !== undefined) return bytes;
    await turn();
  }
}

/** Each of them; of a long record some. */
function checkBytes(bytes: Uint8Array, expected: number): void {
  for (let at = 8; at < bytes.length; at += 1 + (bytes.length >> 9)) {
    if (bytes[at] !== expected) throw new Error(`${String(bytes[at])} at ${at} of a record of ${expected}`);
  }
}

/** @returns how many it has popped before it was told to end */
async function consume(channel: Channel, notes: Uint8Array, { count, form, lengths }: PeerOptions): Promise<number> {
  const last = new Map<number, number>();
  const total = new Int32Array(notes.buffer, 0, 1);
  for (let popped = 0; ; popped++) {
    const bytes = await popOne(channel, form);
    const record = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const id = record.getUint32(0);
    if (id === stopProducer) return popped;
    const sequence = record.getUint32(4);
    if (bytes.length !== lengthOf(sequence, lengths)) throw new Error(`${bytes.length} bytes in record ${sequence}`);
    checkBytes(bytes, sequence & 0xff);
    if (sequence <= (last.get(id) ?? -1)) throw new Error(`record ${sequence} of ${id} after ${last.get(id) ?? ""}`);
    last.set(id, sequence);
    Atomics.add(notes, notesOffset + id * count + sequence, 1);
    Atomics.add(total, 0, 1);
  }
}

async function main(options: PeerOptions): Promise<void> {
  using memory = PosixSharedMemory.open(options.notes);
  const notes = memory.map().bytes;
  const channel = options.kind === "ring" ? ringOf(options.name) : mailboxOf(options.name);
  process.stdout.write("ready\n");
  if (options.waits) await once(process.stdin, "data");
  process.stdin.destroy();
  const passed = options.role === "produce" ? produce(channel, options) : consume(channel, notes, options);
  const count = await passed;
  // Of a ring of one producer the end is free then.
  channel.close();
  process.stdout.write(`${count}\n`);
}

const [, script, options] = process.argv;
if (script !== undefined && import.meta.url.endsWith("channel-peer.js") && script.endsWith("channel-peer.js"))
  await main(JSON.parse(options ?? "") as PeerOptions);
