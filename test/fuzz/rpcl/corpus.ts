/** The `.x` files of the repository: what mutations start from, and what `#include` finds. */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../../codegen/back/golden.ts";

export interface CorpusFile {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
}

export const corpus: readonly CorpusFile[] = ["test/golden", "test/bad", "test/interop", "examples", "src"]
  .flatMap((folder) => filesUnder(folder))
  .filter((path) => path.endsWith(".x"))
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

const byName = new Map(corpus.map(({ path, text }) => [basename(path), Buffer.from(text)]));

/** Reads an included file: that of the corpus with this name, wherever it lies. */
export function readCorpusFile(path: string): Uint8Array | undefined {
  return byName.get(basename(path));
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}
