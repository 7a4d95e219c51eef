/** Reads the input files. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { Diagnostic } from "../diagnostics.ts";
import type { SourceFile } from "../generate.ts";
import { SourceText, type SourceTexts } from "../preprocess/source.ts";
import { MAX_SOURCE_BYTES } from "../limits.ts";
import { readSource } from "../read-source.ts";
import { identifyOnDisk, TOO_LARGE } from "../source-reader.ts";
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
  for (const path of distinctPaths(paths)) {
    try {
      const name = path === "-" ? "<stdin>" : path;
      const { bytes, isWhole } = await readBounded(path === "-" ? process.stdin : createReadStream(path));
      // Of what is no text at all its length is not the point.
      if (!isWhole && !bytes.includes(0)) {
        const span = { file: name, start: 0, end: 0 };
        diagnostics.push({ code: "file-too-large", severity: "error", message: TOO_LARGE, span });
        files.push({ path: name, text: "" });
        continue;
      }
      const source = readSource(name, bytes);
      files.push({ path: name, text: source.text });
      diagnostics.push(...source.diagnostics);
    } catch (error) {
      failures.push(`can't read ${path === "-" ? "standard input" : path}: ${reason(error)}`);
    }
  }
  const texts = new Map(files.map(({ path, text }) => [path, new SourceText(path, text)]));
  return { files, texts, diagnostics, failures };
}

/** A file that is named twice, be it by two paths, is one input. */
function distinctPaths(paths: readonly string[]): Iterable<string> {
  const known = new Map<string, string>();
  for (const path of paths) {
    const identity = path === "-" ? path : identifyOnDisk(path);
    if (!known.has(identity)) known.set(identity, path);
  }
  return known.values();
}

/** What is behind {@link MAX_SOURCE_BYTES} is not read. */
async function readBounded(stream: Readable): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
    if (length > MAX_SOURCE_BYTES) return { bytes: Buffer.concat(pieces), isWhole: false };
  }
  return { bytes: Buffer.concat(pieces), isWhole: true };
}
