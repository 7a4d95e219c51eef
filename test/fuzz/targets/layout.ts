/** The quick layout of modules: it gives what prettier gives. */
import assert from "node:assert/strict";
import type { Options } from "prettier";
import { generate, type GenerateOptions, type GeneratedFile } from "../../../src/codegen/generate.ts";
import type { FuzzTarget } from "../harness.ts";
import type { Random } from "../random.ts";
import { corpus, readCorpusFile } from "../rpcl/corpus.ts";
import { mutatedWords } from "../rpcl/mutate.ts";
import { validSource } from "../rpcl/valid.ts";

/** Milliseconds; prettier takes most of them. */
const LIMIT_MS = 10_000;

const target: FuzzTarget = {
  name: "layout",
  about: "modules come out of the quick layout as prettier would have them, whatever the width",
  async run(context) {
    for (let random = context.next(); random !== undefined; random = context.next()) {
      const printWidth = random.pick([80, 80, 120, 40, random.between(20, 200)]);
      const options = {
        names: random.pick(["mapped", "verbatim"] as const),
        strings: random.pick(["utf8", "latin1", "bytes"] as const),
        enums: random.pick(["strict", "open"] as const),
      };
      await context.attempt(source(random), {
        check: (text) => compare(text, options, printWidth),
        limitMs: LIMIT_MS,
        about: `${printWidth} columns, ${JSON.stringify(options)}`,
      });
    }
  },
};
export default target;

function source(random: Random): string {
  if (random.oneIn(8)) return random.pick(corpus).text;
  return random.oneIn(8) ? mutatedWords(random) : validSource(random);
}

async function compare(text: string, options: Partial<GenerateOptions>, printWidth: number): Promise<void> {
  const quick = await modules(text, options, { printWidth });
  // Prettier's default, too, but one that the quick layout leaves to prettier.
  const slow = await modules(text, options, { printWidth, rangeStart: 0 });
  for (const [index, file] of slow.entries()) {
    const [ours, theirs] = [quick[index]?.text.split("\n") ?? [], file.text.split("\n")];
    const line = theirs.findIndex((expected, at) => ours[at] !== expected);
    const around = (lines: readonly string[]): string => lines.slice(Math.max(0, line - 2), line + 4).join("\n");
    if (line < 0 && ours.length === theirs.length) continue;
    assert.fail(`${file.path}:${line + 1}: ours\n${around(ours)}\nprettier's\n${around(theirs)}`);
  }
}

async function modules(
  text: string,
  options: Partial<GenerateOptions>,
  format: Options,
): Promise<readonly GeneratedFile[]> {
  const sources = [{ path: "fuzz.x", text }];
  const all = { ...options, samples: true, table: true, readFile: readCorpusFile, format: () => format };
  return (await generate({ ...all, sources })).files;
}
