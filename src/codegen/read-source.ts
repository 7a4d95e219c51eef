/** From a file's bytes to its text. */
import { Diagnostics, type Diagnostic } from "./diagnostics.ts";

export interface SourceText {
  /** The text, without a byte order mark, and without the remains of an editor at its end. */
  readonly text: string;
  /** At most one: an error where the file is no text, a warning where it is not UTF-8. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decodes `bytes` as UTF-8, or as Latin-1 where they are none: then a warning shows the first byte that is not UTF-8. Files
 * with NUL bytes other than at their end are binary.
 */
export function readSource(file: string, bytes: Uint8Array): SourceText {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const whole = bytes.subarray(hasMark ? 3 : 0, endOfText(bytes));
  const diagnostics = new Diagnostics();
  const nul = whole.indexOf(0);
  if (nul >= 0) {
    const start = new TextDecoder().decode(whole.subarray(0, nul)).length;
    diagnostics.report("binary-file", { file, start, end: start + 1 }, "the file holds NUL bytes: it is not a text");
  } else if (!isUtf8(whole)) {
    const wrong = firstInvalid(whole);
    const byte = (whole[wrong] ?? 0).toString(16).padStart(2, "0");
    diagnostics.report(
      "invalid-utf8",
      { file, start: wrong, end: wrong + 1 },
      `the file is not UTF-8, and is read as Latin-1: byte 0x${byte} at offset ${whole.byteOffset - bytes.byteOffset + wrong}`,
      { hint: "convert it: iconv -f latin1 -t utf-8" },
    );
    return { text: decodeLatin1(whole), diagnostics: diagnostics.sorted() };
  }
  return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole), diagnostics: diagnostics.sorted() };
}

/** A text without what {@link readSource} leaves out at its end, for those that come decoded. */
export function withoutRemains(text: string): string {
  let end = text.length;
  while (end > 0 && isRemains(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && isRemains(bytes[end - 1])) end -= 1;
  return end;
}

/** DOS ended a text with ^Z, and filled up its last block with it or with NUL bytes. */
function isRemains(code: number | undefined): boolean {
  return code === 0x00 || code === 0x1a;
}

/** What Windows has in place of Latin-1's control characters from 0x80 on, where it has anything. */
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** What is quoted, in which characters stand for bytes; comments and `%` lines, which people read; and single characters. */
const LATIN1_PIECES = /"(?:[^"\\\r\n]|\\.)*"|\/\*[^]*?\*\/|\/\/[^\r\n]*|^%[^\r\n]*|[\x80-\x9f]/gm;

/** One character for each byte. */
function decodeLatin1(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return text.replace(LATIN1_PIECES, (piece) =>
    piece.startsWith('"')
      ? piece
      : piece.replace(/[\x80-\x9f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80)),
  );
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Offset of the first byte that begins no character. What follows a longest valid beginning is either that or a cut one. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  const isValidUpTo = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  // With `stream`, a beginning that ends within a character is valid.
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isValidUpTo(middle)) low = middle;
    else high = middle;
  }
  // `low` bytes decode; where they end within a character, the step back to its beginning is three bytes at most.
  for (let start = low; start > low - 4; start -= 1) if (isUtf8(bytes.subarray(0, start))) return start;
  return low;
}
