/** Memory that copies share; as much as Node's own pool has. */
const POOL_BYTES = 8192;
/** What is longer has memory of its own. */
const POOLED_BYTES = POOL_BYTES / 2;

let pool = new Uint8Array(POOL_BYTES);
let memory = pool.buffer;
let used = 0;

/**
 * A copy in memory that short ones share: memory of its own for each of many would be the collector's work. Not by `Buffer.from`, which makes a
 * Buffer, and where plain bytes are wanted (a Buffer's slice() is a view) another array of that.
 */
export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length > POOLED_BYTES) return new Uint8Array(bytes);
  if (used + length > POOL_BYTES) {
    pool = new Uint8Array(POOL_BYTES);
    memory = pool.buffer;
    used = 0;
  }
  const at = used;
  used += (length + 7) & ~7;
  pool.set(bytes, at);
  return new Uint8Array(memory, at, length);
}
