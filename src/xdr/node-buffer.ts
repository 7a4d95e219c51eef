/**
 * Functions of Node's Buffer that make a string of bytes in one call, for which a plain Uint8Array is enough. Undefined in
 * browsers, and in a Node that has them no more.
 */
type Slice = (this: Uint8Array, start: number, end: number) => string;
type Write = (this: Uint8Array, text: string, at: number, length: number) => number;

interface BufferFunctions {
  readonly utf8Slice?: Slice;
  readonly latin1Slice?: Slice;
  readonly latin1Write?: Write;
}

const prototype: BufferFunctions | undefined = (
  globalThis as { readonly Buffer?: { readonly prototype: BufferFunctions } }
).Buffer?.prototype;

export const utf8Slice: Slice | undefined = prototype?.utf8Slice;
export const latin1Slice: Slice | undefined = prototype?.latin1Slice;
export const latin1Write: Write | undefined = prototype?.latin1Write;
