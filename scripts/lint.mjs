#!/usr/bin/env node
// Every check of the sources' shape. All run, also after one fails; what each prints comes in one piece.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { nativeFlags, nativeSources } from "./lib/native.mjs";
import { moduleBin, onPath, root, run } from "./lib/process.mjs";
import { nativeUnits } from "./lib/native-units.mjs";

const strict = process.env.CI === "true";
const node = (path, ...args) => run(process.execPath, [path, ...args], { capture: true });

/** A check by a program that a machine may lack: left out with a note there, except in CI. */
async function optional(program, check) {
  if (onPath(program)) return check();
  return { code: strict ? 1 : 0, output: `skipped: there is no ${program} on the PATH\n` };
}

/** As many at once as there are processors. @returns what each yields, in any order */
async function eachOf(items, work) {
  const left = [...items];
  const results = [];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

async function clangTidy() {
  const results = await eachOf(nativeUnits(), (unit) =>
    run("clang-tidy", ["--quiet", unit, "--", ...nativeFlags()], { capture: true }),
  );
  return {
    code: Math.max(...results.map(({ code }) => code)),
    // How many warnings it did not show, of Node's own headers.
    output: results.map(({ output }) => output.replace(/^\d+ warnings generated\.\n/gm, "")).join(""),
  };
}

const checks = {
  eslint: () => node(moduleBin("eslint/bin/eslint.js"), "--max-warnings=0", "."),
  prettier: () => node(moduleBin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."),
  doors: () =>
    node(
      moduleBin("dependency-cruiser/bin/dependency-cruise.mjs"),
      "--output-type=err-long",
      "src",
      "grammar",
      "examples",
    ),
  generated: () => node(join(root, "scripts/generate.mjs"), "--check"),
  "clang-format": () =>
    optional("clang-format", () =>
      run("clang-format", ["--dry-run", "-Werror", ...nativeSources()], { capture: true }),
    ),
  "clang-tidy": () => optional("clang-tidy", clangTidy),
};

let failed = 0;
await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const { code, output } = await check().catch((error) => ({ code: 1, output: `${error.message}\n` }));
    if (code !== 0) failed += 1;
    const shown = output
      .split("\n")
      .filter((line) => !line.startsWith("npm warn"))
      .join("\n");
    process.stdout.write(
      `${code === 0 ? "✔" : "✖"} ${name}\n${code !== 0 || shown.startsWith("skipped") ? shown : ""}`,
    );
  }),
);
process.exitCode = failed === 0 ? 0 : 1;
