#!/usr/bin/env node
// Sums mocha's JSON reports of a folder into the line that CI reads: "N passed, N failed".
//
//   node scripts/sum-reports.mjs DIR [--also-failed N] [--tests-exit CODE]
//
// --also-failed: failures besides the tests'. --tests-exit: the exit code of `npm test`; where it failed and no report says
// so (a run that crashed, a leak), that is one failure.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "also-failed": { type: "string", default: "0" }, "tests-exit": { type: "string", default: "0" } },
});
const [folder = "."] = positionals;
const reports = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
const passed = reports.reduce((sum, { stats }) => sum + stats.passes, 0);
let failed = reports.reduce((sum, { stats }) => sum + stats.failures, 0);
// Once more at the end, where whoever sees only the last lines of a log finds them.
for (const { fullTitle, file, err } of reports.flatMap(({ failures }) => failures))
  console.log(
    `failed: ${fullTitle} (${file ?? "no file"})\n  ${(err.stack ?? err.message ?? "").replaceAll("\n", "\n  ")}`,
  );
if (failed === 0 && values["tests-exit"] !== "0") failed = 1;
failed += Number(values["also-failed"]);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
