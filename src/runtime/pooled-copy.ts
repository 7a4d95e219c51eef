/** A copy in memory of Node's pool, where it is short: memory of its own for each of many would be the collector's work. */
export function pooledCopy(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  // A flavor that wraps it is told of plain bytes: a Buffer's slice() is a view.
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.length);
}
