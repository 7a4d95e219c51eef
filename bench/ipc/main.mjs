#!/usr/bin/env node
// The kernel's IPC from Node beside the same in C: 64-byte round trips and 64 KiB bandwidth between two processes.
//
//   npm run bench:ipc [-- --runs N] [-- --only MECHANISM] [-- --json] [-- --write]
//
// In each run C's two processes, ours blocking and ours from event loops go by turns, pinned on one core and on two; the
// figures are the medians of the runs, and a ratio is the median of those to C's of the same run.
// --runs: how many (default 5). --only: one mechanism, or several with commas. --json: the figures as JSON.
// --write: puts the table into docs/ipc.md too.
import { execFileSync } from "node:child_process";
import { cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, medians, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { has } from "./channels.mjs";
import { counts, forms, mechanisms, placements } from "./mechanisms.mjs";
import { markdown, text } from "./report.mjs";
import { compile, runC, runOurs } from "./run.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    json: { type: "boolean" },
    write: { type: "boolean" },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
const only = values.only?.split(",");
const unknown = only?.find((name) => !mechanisms.some((mechanism) => mechanism.name === name));
if (unknown !== undefined)
  throw new RangeError(`--only ${unknown}: one of ${mechanisms.map(({ name }) => name).join(", ")}`);

const missing = process.platform !== "linux" ? "Linux" : ["gcc", "taskset"].find((program) => !onPath(program));
if (missing !== undefined) {
  console.log(`bench:ipc needs ${missing}: left out`);
  process.exit(0);
}

const wanted = mechanisms.filter(
  ({ name, needs }) => (only?.includes(name) ?? true) && (needs === undefined || has(needs)),
);
const cases = wanted.flatMap((mechanism) =>
  placements
    .filter(({ cpus: pinned }) => Math.max(...pinned) < cpus().length)
    .filter(({ name }) => mechanism.onlyAcross !== true || name !== "one core")
    .map((placement) => ({ mechanism, placement, measured: [] })),
);

const results = await withFolder(async (folder) => {
  const program = compile(folder);
  for (let run = 0; run < runs; run++)
    for (const { mechanism, placement, measured } of cases) {
      const count = counts(mechanism.name, placement.name);
      const c = runC(program, mechanism, placement, count);
      const figures = { "c.latencyNs": c.latencyNs, "c.bytesPerSecond": c.bytesPerSecond };
      for (const form of forms) {
        const ours = runOurs(mechanism, form, placement, count);
        figures[`${form}.latencyNs`] = ours.latencyNs;
        figures[`${form}.bytesPerSecond`] = ours.bytesPerSecond;
        figures[`${form}.latencyRatio`] = ours.latencyNs / c.latencyNs;
        figures[`${form}.bandwidthRatio`] = ours.bytesPerSecond / c.bytesPerSecond;
      }
      measured.push(figures);
    }
  return cases.map(({ mechanism, placement, measured }) => ({
    mechanism: mechanism.name,
    c: mechanism.c,
    placement: placement.name,
    ...medians(measured),
  }));
});

const gcc = execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim();
const about = `${machine()}, kernel ${release()}, gcc ${gcc} -O2`;
if (values.json) console.log(JSON.stringify({ machine: about, runs, results }, undefined, 2));
else console.log(`tsrpcgen/ipc and C, medians of ${runs} runs by turns\n${about}\n\n${text(results)}`);
if (values.write) {
  const page = join(dirname(fileURLToPath(import.meta.url)), "../../docs/ipc.md");
  console.log(
    writeInto(page, "bench:ipc", markdown(results, about, runs))
      ? `written into ${page}`
      : `no place for it in ${page}`,
  );
}
