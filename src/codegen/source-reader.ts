/** Reads included files, each once in a run, by whatever path it is named. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { type Diagnostic, Diagnostics, type Report } from "./diagnostics.ts";
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

/** A name that is the same for each path of a file. */
export type Identify = (path: string) => string;

/**
 * On the disk: links among the folders are followed. A link to a file has a name and a place of its own, and so has what is
 * generated from it.
 */
export const identifyOnDisk: Identify = (path) => {
  try {
    return join(realpathSync.native(dirname(path)), basename(path));
  } catch {
    return resolve(path);
  }
};

export interface ReadOptions {
  /** Reads included files. Default: from the disk. */
  readonly readFile?: ReadFile | undefined;
  /** Which paths are one file. Default: as the disk has it; with a `readFile`, those that are spelled alike but for `./` and `../`. */
  readonly identify?: Identify | undefined;
}

/** What a file that is too large has instead of its text. */
export const TOO_LARGE: string = `the file is longer than ${MAX_SOURCE_BYTES} bytes`;

export class SourceReader {
  readonly #readFile: ReadFile;
  /** A name that is the same for each path of a file. */
  readonly identify: Identify;
  /** By identity. */
  readonly #texts = new Map<string, SourceText | undefined>();
  /** What is to be said of a text to each who reads it. */
  readonly #found = new Map<SourceText, readonly Diagnostic[]>();

  constructor({ readFile, identify }: ReadOptions = {}) {
    this.#readFile = readFile ?? readFromDisk;
    this.identify = identify ?? (readFile === undefined ? identifyOnDisk : resolve);
  }

  /** A text that is known already: who includes its file gets it, under its path. */
  add(path: string, text: string): SourceText {
    const identity = this.identify(path);
    const known = this.#texts.get(identity);
    if (known?.path === path && known.text === text) return known;
    const source = new SourceText(path, text);
    this.#texts.set(identity, source);
    return source;
  }

  /** The file's text, whose path is the first by which it was asked for. What can't be read as text is reported. */
  read(path: string, report: Report): SourceText | undefined {
    const identity = this.identify(path);
    if (!this.#texts.has(identity)) this.#texts.set(identity, this.#load(path, identity));
    const text = this.#texts.get(identity);
    for (const { code, span, message, hint } of (text && this.#found.get(text)) ?? []) {
      report(code, span, message, { hint });
    }
    return text;
  }

  #load(path: string, identity: string): SourceText | undefined {
    // Behind a link, `link/../x` is not `x`.
    const plain = normalize(path);
    const name = this.identify(plain) === identity ? plain : identity;
    const bytes = this.#readFile(name);
    return bytes && this.#decode(name, bytes);
  }

  #decode(path: string, bytes: Uint8Array | "too-large"): SourceText {
    const { text, diagnostics } = bytes === "too-large" ? tooLarge(path) : readSource(path, bytes);
    const source = new SourceText(path, text);
    this.#found.set(source, diagnostics);
    return source;
  }
}

function tooLarge(path: string): ReturnType<typeof readSource> {
  const found = new Diagnostics();
  found.report("file-too-large", { file: path, start: 0, end: 0 }, TOO_LARGE);
  return { text: "", diagnostics: found.sorted() };
}
