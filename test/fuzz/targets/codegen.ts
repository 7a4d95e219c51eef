/** The generator: whatever the text, it ends soon, in modules or in diagnostics. */
import assert from "node:assert/strict";
import ts from "typescript";
import { analyze, type Analysis } from "../../../src/codegen/front-end.ts";
import { generate, type GenerateOptions } from "../../../src/codegen/generate.ts";
import { renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";
import { SourceReader } from "../../../src/codegen/source-reader.ts";
import type { FuzzTarget } from "../harness.ts";
import type { Random } from "../random.ts";
import { readCorpusFile } from "../rpcl/corpus.ts";
import { hostile, megabyte } from "../rpcl/hostile.ts";
import { mutatedCharacters, mutatedWords, wordSoup } from "../rpcl/mutate.ts";
import { validSource } from "../rpcl/valid.ts";

const FILE = "fuzz.x";

/** Milliseconds to read a text of up to a megabyte; longer ones may take as much for each. */
const READ_MS = 2000;

/** To load and to warm up ts-morph and prettier takes its time in the first output. */
const GENERATE_MS = 10_000;

/** Characters of sources that are generated from, too. */
const GENERATED_LENGTH = 20_000;

const target: FuzzTarget = {
  name: "codegen",
  about: "analyze() and generate() never throw, end soon, and give diagnostics or modules that parse as TypeScript",
  async run(context) {
    for (let random = context.next(); random !== undefined; random = context.next()) {
      const text = source(random);
      const options = optionsOf(random);
      const generates = text.length < GENERATED_LENGTH && random.oneIn(4);
      await context.attempt(text, {
        check: (candidate) => void read(candidate, options),
        limitMs: READ_MS * Math.max(1, text.length / 1_000_000),
        about: "analyze()",
      });
      if (!generates) continue;
      await context.attempt(text, {
        check: (candidate) => write(candidate, options),
        limitMs: GENERATE_MS,
        about: `generate() with ${JSON.stringify(options)}`,
      });
    }
  },
};
export default target;

function source(random: Random): string {
  if (random.oneIn(300)) return megabyte(random, random.pick([hostile, mutatedWords, validSource, wordSoup]));
  return random.pick([mutatedWords, mutatedWords, mutatedCharacters, wordSoup, hostile, validSource, validSource])(
    random,
  );
}

type Options = Pick<GenerateOptions, "names" | "strings" | "enums" | "samples" | "table" | "defines">;

function optionsOf(random: Random): Options {
  return {
    names: random.pick(["mapped", "verbatim"]),
    strings: random.pick(["utf8", "latin1", "bytes"]),
    enums: random.pick(["strict", "open"]),
    samples: random.oneIn(2),
    table: random.oneIn(3),
    defines: random.oneIn(4)
      ? [{ name: random.pick(["X", "int", "struct"]), value: random.pick(["1", "", "X X"]) }]
      : [],
  };
}

/** A file includes itself by its name. */
function reading(text: string): (path: string) => Uint8Array | undefined {
  return (path) => (path === FILE ? Buffer.from(text) : readCorpusFile(path));
}

function read(text: string, { enums, defines = [] }: Options): Analysis {
  const reader = new SourceReader({ readFile: reading(text) });
  const analysis = analyze(FILE, text, { reader, openEnums: enums === "open", defines });
  const { model, diagnostics, texts } = analysis;
  const failed = diagnostics.some(({ severity }) => severity === "error");
  assert.equal(model === undefined, failed, "there is a model, or an error");
  for (const { span, notes = [] } of diagnostics) {
    for (const { file, start, end } of [span, ...notes.map((note) => note.span)]) {
      const length = texts.get(file)?.text.length;
      const isIn = length === undefined || (start >= 0 && end >= start && end <= length);
      assert.ok(isIn, `a span from ${start} to ${end} in ${file} of ${length} characters`);
    }
  }
  renderDiagnostics(diagnostics, texts);
  return analysis;
}

async function write(text: string, options: Options): Promise<void> {
  const { model, specification } = read(text, options);
  const result = await generate({ ...options, sources: [{ path: FILE, text }], readFile: reading(text) });
  const failed = result.diagnostics.some(({ severity }) => severity === "error");
  assert.equal(result.files.length === 0, failed, "there are modules, or an error");
  // Names that collide are seen when modules are made, and no error even then.
  assert.equal(failed, model === undefined, "generate() fails where analyze() does");
  const inserts = specification.passthroughs.some((line) => /^ts\b/.test(line.text));
  for (const file of inserts ? [] : result.files) {
    if (file.path.endsWith(".ts")) assertParses(file.path, file.text);
  }
}

function assertParses(path: string, text: string): void {
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const [first] = diagnostics;
  if (first === undefined) return;
  const line = text.slice(0, first.start).split("\n").length;
  const message = ts.flattenDiagnosticMessageText(first.messageText, " ");
  assert.fail(`${path}:${line}: ${message}: ${text.split("\n")[line - 1] ?? ""}`);
}
