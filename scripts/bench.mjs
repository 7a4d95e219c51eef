#!/usr/bin/env node
// Runs all benchmarks, one after the other: the scripts `bench:*` of package.json, each with the options that are given.
//
//   npm run bench -- --json
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./lib/process.mjs";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
for (const [name, command] of Object.entries(scripts).filter(([name]) => name.startsWith("bench:"))) {
  console.log(`\n── ${name} ──`);
  const [, ...args] = command.split(" ");
  const { code } = await run(process.execPath, [...args, ...process.argv.slice(2)]);
  if (code !== 0) process.exitCode = 1;
}
