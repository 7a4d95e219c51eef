/**
 * A process of the ring's tests: uses the rings of a named shared memory as its arguments say.
 * @module
 */
import { randomFillSync } from "node:crypto";
import { PosixSharedMemory, Ring } from "../../src/ipc/index.ts";

/** Of a record that tells a consumer to end. */
export const stopProducer: number = 0xffff_ffff;

/** Bytes that a producer's record of this sequence has, at least 8. */
export function recordBytes(sequence: number): number {
  return 8 + ((sequence * 37) % 120);
}

export interface PeerOptions {
  name: string;
  role: "produce" | "consume" | "scribble";
  /** The producer's number, which its records carry. */
  id: number;
  /** Records that one producer pushes at most. */
  count: number;
  /** Asynchronously, with other things to do between. */
  async: boolean;
  /** Where in the memory a byte for each record of each producer lies; the ring is before it. */
  log: number;
}

const scratch = new Uint8Array(128);
const view = new DataView(scratch.buffer);

function record(id: number, sequence: number): Uint8Array {
  const bytes = scratch.subarray(0, recordBytes(sequence)).fill(sequence & 0xff, 8);
  view.setUint32(0, id);
  view.setUint32(4, sequence);
  return bytes;
}

async function produce(ring: Ring, { id, count, async }: PeerOptions): Promise<void> {
  for (let sequence = 0; sequence < count; sequence++) {
    if (async) await ring.push(record(id, sequence));
    else ring.pushSync(record(id, sequence));
  }
}

async function consume(ring: Ring, log: Uint8Array, { count, async }: PeerOptions): Promise<void> {
  const last = new Map<number, number>();
  for (;;) {
    const bytes = async ? await ring.pop() : ring.popSync();
    const popped = new DataView(bytes.buffer, bytes.byteOffset);
    const id = popped.getUint32(0);
    if (id === stopProducer) return;
    const sequence = popped.getUint32(4);
    if (bytes.length !== recordBytes(sequence)) throw new Error(`${bytes.length} bytes in record ${sequence}`);
    if (bytes.subarray(8).some((byte) => byte !== (sequence & 0xff))) throw new Error(`bytes of record ${sequence}`);
    if (sequence <= (last.get(id) ?? -1)) throw new Error(`record ${sequence} of ${id} after ${last.get(id) ?? ""}`);
    last.set(id, sequence);
    Atomics.add(log, id * count + sequence, 1);
  }
}

/** Random bytes into the ring: its header above all, where each of them means something. */
function scribble(memory: Uint8Array, length: number): void {
  const bytes = new Uint8Array(64);
  for (;;) {
    randomFillSync(bytes);
    const place = new DataView(bytes.buffer).getUint32(0);
    const at = place % ((place & 0x8000_0000) === 0 ? 1024 : length - 16);
    memory.set(bytes.subarray(4, 4 + ((bytes[60] ?? 0) % 12)), at);
  }
}

async function main(options: PeerOptions): Promise<void> {
  const mapping = PosixSharedMemory.open(options.name).map();
  const log = mapping.bytes.subarray(options.log);
  const ring = Ring.open(mapping);
  process.stdout.write("ready\n");
  if (options.role === "produce") await produce(ring, options);
  else if (options.role === "consume") await consume(ring, log, options);
  else scribble(mapping.bytes, options.log);
  process.stdout.write(`${ring.pushed} ${ring.popped}\n`);
  ring.close();
}

const [, script, options] = process.argv;
if (script !== undefined && import.meta.url.endsWith("ring-peer.js") && script.endsWith("ring-peer.js"))
  await main(JSON.parse(options ?? "") as PeerOptions);
