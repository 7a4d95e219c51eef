import { markAsUntransferable } from "node:worker_threads";

/** Memory that copies share; as much as Node's own pool has. */
const POOL_BYTES = 8192;
/** What is longer has memory of its own. */
const POOLED_BYTES = POOL_BYTES / 2;

let pool = newPool();
let memory = pool.buffer;
let used = 0;

/** Who transfers what a copy lies in gets a clone of it, as of Node's own pool: the memory is others' too. */
function newPool(): Uint8Array {
  const made = new Uint8Array(POOL_BYTES);
  markAsUntransferable(made.buffer);
  return made;
}

/**
 * A copy in memory that short ones share: memory of its own for each of many would be the collector's work. Not by `Buffer.from`, which makes a
 * Buffer, and where plain bytes are wanted (a Buffer's slice() is a view) another array of that.
 */
export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length > POOLED_BYTES) return new Uint8Array(bytes);
  // Its length is 0 where someone took it away all the same (ArrayBuffer's transfer()).
  if (used + length > pool.length) {
    pool = newPool();
    memory = pool.buffer;
    used = 0;
  }
  const at = used;
  used += (length + 7) & ~7;
  pool.set(bytes, at);
  return new Uint8Array(memory, at, length);
}
