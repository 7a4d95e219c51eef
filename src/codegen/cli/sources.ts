/** Reads the input files. */
import { readFile } from "node:fs/promises";
import type { Diagnostic } from "../diagnostics.ts";
import type { SourceFile } from "../generate.ts";
import { SourceText, type SourceTexts } from "../preprocess/source.ts";
import { readSource } from "../read-source.ts";
import { reason } from "./failure.ts";

export interface Sources {
  readonly files: readonly SourceFile[];
  /** By the path that spans name. */
  readonly texts: SourceTexts;
  /** Of files that are no text. */
  readonly diagnostics: readonly Diagnostic[];
  /** One for each file that can't be read. */
  readonly failures: readonly string[];
}

/** Reads all, also behind one that can't be read, so that each is told of. */
export async function readSources(paths: readonly string[]): Promise<Sources> {
  const files: SourceFile[] = [];
  const diagnostics: Diagnostic[] = [];
  const failures: string[] = [];
  for (const path of new Set(paths)) {
    try {
      const name = path === "-" ? "<stdin>" : path;
      const source = readSource(name, path === "-" ? await readStdin() : await readFile(path));
      files.push({ path: name, text: source.text });
      diagnostics.push(...source.diagnostics);
    } catch (error) {
      failures.push(`can't read ${path === "-" ? "standard input" : path}: ${reason(error)}`);
    }
  }
  const texts = new Map(files.map(({ path, text }) => [path, new SourceText(path, text)]));
  return { files, texts, diagnostics, failures };
}

/** Not by a path: /dev/stdin can't be opened where it is a socket. */
async function readStdin(): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
