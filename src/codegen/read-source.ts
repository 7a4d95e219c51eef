/** From a file's bytes to its text. */
import { Diagnostics, type Diagnostic } from "./diagnostics.ts";

export interface SourceText {
  /** The text, without a byte order mark. Where the bytes are no UTF-8, what they look like, to show the place. */
  readonly text: string;
  /** Empty, or the one error that makes the file unreadable. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Decodes `bytes` as UTF-8. Files with NUL bytes are binary; in files that are not UTF-8 the first wrong byte is shown. */
export function readSource(file: string, bytes: Uint8Array): SourceText {
  const text = new TextDecoder("utf-8").decode(bytes);
  const { report, sorted } = collector();
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    const start = decodedLength(bytes.subarray(0, nul));
    report("binary-file", { file, start, end: start + 1 }, "the file holds NUL bytes: it is not a text");
  } else if (!isUtf8(bytes)) {
    const wrong = firstInvalid(bytes);
    const start = decodedLength(bytes.subarray(0, wrong));
    const byte = (bytes[wrong] ?? 0).toString(16).padStart(2, "0");
    report(
      "invalid-utf8",
      { file, start, end: start + 1 },
      `the file is not UTF-8: byte 0x${byte} at offset ${wrong}`,
      {
        hint: "convert it: iconv -f latin1 -t utf-8",
      },
    );
  }
  return { text, diagnostics: sorted() };
}

function collector(): { report: Diagnostics["report"]; sorted: () => Diagnostic[] } {
  const diagnostics = new Diagnostics();
  return { report: diagnostics.report, sorted: () => diagnostics.sorted() };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Length of the text that `bytes` decode to, without a byte order mark, as the whole file's text is without one. */
function decodedLength(bytes: Uint8Array): number {
  return new TextDecoder("utf-8").decode(bytes).length;
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
