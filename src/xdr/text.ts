/** UTF-8 for XDR strings: XDR's strings are bytes, JavaScript's are UTF-16, and nothing may be replaced silently. */
import { utf8Slice } from "./node-buffer.ts";

const encoder = /* @__PURE__ */ new TextEncoder();
// A byte order mark is text like any other: without ignoreBOM it would be dropped.
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that a string takes in UTF-8, or undefined where it holds a lone surrogate and so has no UTF-8. */
export function utf8Length(text: string): number | undefined {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 2;
    else {
      const next = text.charCodeAt(i + 1); // NaN at the end, which fails both comparisons
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return undefined;
      bytes += 2; // two units became four bytes
      i++;
    }
  }
  return bytes;
}

/**
 * Writes a string where any of its length has room, in one crossing into the engine that counts, too.
 * @returns the bytes; undefined where there may be too little room, or the string may hold a lone surrogate
 */
export function encodeText(text: string, bytes: Uint8Array, at: number): number | undefined {
  const { length } = text;
  if (at + 3 * length > bytes.length) return undefined;
  const { written } = encoder.encodeInto(text, bytes.subarray(at));
  // Where all is ASCII, there are no surrogates. Lone ones are written as others.
  return written === length ? written : utf8Length(text);
}

/** Writes a string whose `utf8Length` is `length` at an offset. */
export function writeUtf8(bytes: Uint8Array, at: number, text: string, length: number): void {
  encoder.encodeInto(text, bytes.subarray(at, at + length));
}

/** Reads UTF-8, or gives undefined where the bytes are not valid UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (utf8Slice !== undefined) {
    const text = utf8Slice.call(bytes, start, end);
    // What is no UTF-8 becomes this character, which the bytes can hold, too.
    if (!text.includes("\ufffd")) return text;
  }
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}
