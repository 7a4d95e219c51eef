/** Strings whose characters are the bytes: U+0000 to U+00FF are 0 to 255, so that every byte has its character. */
import { latin1Slice, latin1Write } from "./node-buffer.ts";

/** Characters that `String.fromCharCode` takes at a time where there is no `Buffer`: arguments go on the stack. */
const CHUNK = 4096;

// TextDecoder is no help where there is no Buffer: its "latin1" is windows-1252, which has other characters at 0x80.

/** Writes a string at an offset; false where it holds a character above U+00FF. */
export function writeLatin1(bytes: Uint8Array, at: number, text: string): boolean {
  const { length } = text;
  if (latin1Write !== undefined) {
    // The engine's writer drops the high bits of such characters silently.
    if (/[\u0100-\uffff]/.test(text)) return false;
    latin1Write.call(bytes, text, at, length);
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
  if (latin1Slice !== undefined) return latin1Slice.call(bytes, start, end);
  let text = "";
  for (let at = start; at < end; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, end)));
  }
  return text;
}
