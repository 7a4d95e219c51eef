#!/usr/bin/env node
// Renews the modules that this repository generates for itself, with its own generator.
//
//   npm run generate              writes them
//   npm run generate -- --check   writes nothing; exits 1 and names them where they are not what the generator gives
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { root, run } from "./lib/process.mjs";
import { filesUnder } from "./lib/stamp.mjs";

const check = process.argv.includes("--check");

/**
 * What is generated: the input, the folder of the output, and the generator's options.
 * The runtime's own modules hold types and codecs alone (-h): stubs would import the runtime that imports them.
 */
const jobs = [
  ...filesUnder("src/runtime")
    .filter((file) => file.endsWith(".x"))
    .map((input) => {
      const folder = join(input, "../gen");
      return { input, folder, runtime: relative(folder, "src") || ".", base: true };
    }),
  { input: "examples/date.x", folder: "examples", runtime: "tsrpcgen", base: false },
  // What the C programs of the tests are compiled from, too.
  { input: "examples/date.x", folder: "test/interop/gen", runtime: "tsrpcgen", base: false, sync: true },
  { input: "test/interop/types.x", folder: "test/interop/gen", runtime: "tsrpcgen", base: false, sync: true },
  { input: "test/interop/probe.x", folder: "test/interop/gen", runtime: "tsrpcgen", base: false, sync: true },
];

/** Runs the built generator; the output is formatted as the folder's place in the tree has it. */
async function generate({ input, folder, runtime, base, sync }, into) {
  mkdirSync(join(into, folder), { recursive: true });
  const output = base ? ["-h", "-o", join(into, folder, `${basename(input, ".x")}.ts`)] : ["-o", join(into, folder)];
  const { code } = await run(process.execPath, [
    join(root, "bin/tsrpcgen.js"),
    "--runtime",
    runtime,
    "--import-extension",
    ".ts",
    ...(sync ? ["--sync"] : []),
    ...output,
    input,
  ]);
  if (code !== 0) throw new Error(`tsrpcgen ${input} failed`);
}

async function script(name, ...args) {
  const { code } = await run(process.execPath, [join(root, "scripts", name), ...args]);
  return code === 0;
}

/** Writes all. Set-up first: types that do not check do not stop it, since stale modules may be why. */
async function write() {
  if (!(await script("setup.mjs")) && !existsSync(join(root, "dist/src/codegen"))) return false;
  if (!(await script("generate-cst.mjs"))) return false;
  if (!(await script("docs-grammar.mjs"))) return false;
  for (const job of jobs) await generate(job, root);
  return script("setup.mjs");
}

/** Generates beside, and compares. Expects set-up to be done. */
async function compare() {
  // In the tree, so that prettier finds the repository's configuration as it does for the real ones.
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "generate-"));
  try {
    for (const job of jobs) await generate(job, scratch);
    const stale = jobs.flatMap(({ folder }) =>
      readdirSync(join(scratch, folder))
        .map((name) => join(folder, name))
        .filter((file) => !sameText(join(scratch, file), join(root, file))),
    );
    for (const file of new Set(stale)) console.error(`${file} is stale: run npm run generate`);
    const fits = (await script("generate-cst.mjs", "--check")) && (await script("docs-grammar.mjs", "--check"));
    return fits && stale.length === 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function sameText(a, b) {
  return existsSync(b) && readFileSync(a, "utf8") === readFileSync(b, "utf8");
}

try {
  process.exitCode = (await (check ? compare() : write())) ? 0 : 1;
} catch (error) {
  console.error(`generate: ${error.message}`);
  process.exitCode = 1;
}
