/** Strings whose characters are the bytes: U+0000 to U+00FF are 0 to 255, so that every byte has its character. */

/** Up to this many characters a loop is faster than a call into the engine's codec, which takes its time to begin. */
const SHORT_WRITE = 64;
const SHORT_READ = 12;

/** Characters that `String.fromCharCode` takes at a time where there is no `Buffer`: arguments go on the stack. */
const CHUNK = 4096;

// Browsers have no Buffer. TextDecoder is no help: its "latin1" is windows-1252, which has other characters at 0x80.
const NodeBuffer: typeof Buffer | undefined = (globalThis as { readonly Buffer?: typeof Buffer }).Buffer;

/** Writes a string at an offset; false where it holds a character above U+00FF. */
export function writeLatin1(bytes: Uint8Array, at: number, text: string): boolean {
  const { length } = text;
  if (NodeBuffer !== undefined && length > SHORT_WRITE) {
    // The engine's writer drops the high bits of such characters silently.
    if (/[\u0100-\uffff]/.test(text)) return false;
    NodeBuffer.from(bytes.buffer, bytes.byteOffset + at, length).write(text, "latin1");
    return true;
  }
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    seen |= unit;
    bytes[at + i] = unit;
  }
  return seen <= 0xff;
}

/** Reads bytes as characters. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_READ) {
    let text = "";
    for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number); // both lie within bytes
    return text;
  }
  if (NodeBuffer !== undefined) {
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
  }
  let text = "";
  for (let at = start; at < end; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, end)));
  }
  return text;
}
