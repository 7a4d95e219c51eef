/** Reads included files, each once in a run. */
import { readFileSync, statSync } from "node:fs";
import type { Report } from "./diagnostics.ts";
import { MAX_SOURCE_BYTES } from "./limits.ts";
import { SourceText } from "./preprocess/source.ts";
import { readSource } from "./read-source.ts";

/** The bytes of a file; undefined where there is none that can be read. */
export type ReadFile = (path: string) => Uint8Array | "too-large" | undefined;

/** From the disk. A file beyond {@link MAX_SOURCE_BYTES} is not read. */
export const readFromDisk: ReadFile = (path) => {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return undefined;
    return stats.size > MAX_SOURCE_BYTES ? "too-large" : readFileSync(path);
  } catch {
    return undefined;
  }
};

/** What a file that is too large has instead of its text. */
export const TOO_LARGE: string = `the file is longer than ${MAX_SOURCE_BYTES} bytes`;

export class SourceReader {
  readonly #readFile: ReadFile;
  readonly #texts = new Map<string, SourceText | undefined>();

  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
  }

  /** What can't be read as text is reported. */
  read(path: string, report: Report): SourceText | undefined {
    if (this.#texts.has(path)) return this.#texts.get(path);
    const bytes = this.#readFile(path);
    const text = bytes && this.#decode(path, bytes, report);
    this.#texts.set(path, text);
    return text;
  }

  #decode(path: string, bytes: Uint8Array | "too-large", report: Report): SourceText {
    if (bytes === "too-large") {
      report("file-too-large", { file: path, start: 0, end: 0 }, TOO_LARGE);
      return new SourceText(path, "");
    }
    const { text, diagnostics } = readSource(path, bytes);
    for (const { code, span, message, hint } of diagnostics) report(code, span, message, { hint });
    return new SourceText(path, text);
  }
}
