import { XdrReader } from "./reader.ts";
import type { XdrReaderOptions } from "./reader-options.ts";
import { XdrWriter, type XdrWriterOptions } from "./writer.ts";

/** How a type is written and read. Generated code has one for each type. */
export interface XdrCodec<T> {
  /** Appends a value. Throws an `XdrError` where the value does not fit the declaration. */
  encode(w: XdrWriter, value: T): void;
  /** Reads a value. Throws an `XdrError` where the bytes do not fit the declaration. */
  decode(r: XdrReader): T;
}

/** Encodes a value into bytes of its own. Throws an `XdrError` where the value does not fit the declaration. */
export function encode<T>(codec: XdrCodec<T>, value: T, options?: XdrWriterOptions): Uint8Array {
  const w = new XdrWriter(options);
  codec.encode(w, value);
  return w.bytes().slice();
}

/**
 * Decodes bytes that hold one value and nothing else, strictly unless `options.strictness` says otherwise. Opaque
 * values of 256 bytes and more are views of `bytes`. Throws an `XdrError` where the bytes do not fit the declaration.
 */
export function decode<T>(codec: XdrCodec<T>, bytes: Uint8Array, options?: XdrReaderOptions): T {
  const r = new XdrReader(bytes, options);
  const value = codec.decode(r);
  r.end();
  return value;
}
