#!/usr/bin/env node
// The kernel's IPC from Node beside the same in C: 64-byte round trips and 64 KiB bandwidth between two processes; and RPC within a host over
// each transport beside C's libtirpc: ../ipc-rpc.
//
//   npm run bench:ipc [-- --runs N] [-- --only WHAT] [-- --json] [-- --write]
//
// In each run ours blocking and ours from event loops go by turns, each between two runs of C's processes, pinned on one core and on two, and RPC's
// unpinned, too; the figures are the medians of the runs, and a ratio is the median of those to C's just before and behind.
// --runs: how many (default 5). --only: one mechanism, `primitives` (all of them), `rpc`, or a transport of RPC's (`rpc:shm`); several
// with commas. --json: the figures as JSON. --write: puts the tables into docs/ipc.md too.
import { execFileSync } from "node:child_process";
import { cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, medians, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { has } from "./channels.mjs";
import { attempts, counts, forms, mechanisms, placements } from "./mechanisms.mjs";
import { libtirpc, measureRpc, whyNot } from "../ipc-rpc/measure.mjs";
import { markdown as rpcMarkdown, text as rpcText } from "../ipc-rpc/report.mjs";
import { rows } from "../ipc-rpc/rows.mjs";
import { markdown, text } from "./report.mjs";
import { compile, runC, runOurs } from "./run.mjs";
import { between, mean } from "./between.mjs";

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
const names = [
  "primitives",
  ...mechanisms.map(({ name }) => name),
  "rpc",
  ...new Set(rows.map(({ transport }) => `rpc:${transport}`)),
];
const unknown = only?.find((name) => !names.includes(name));
if (unknown !== undefined) throw new RangeError(`--only ${unknown}: one of ${names.join(", ")}`);

const missing = process.platform !== "linux" ? "Linux" : ["gcc", "taskset"].find((program) => !onPath(program));
if (missing !== undefined) {
  console.log(`bench:ipc needs ${missing}: left out`);
  process.exit(0);
}

const wanted = mechanisms.filter(
  ({ name, needs }) =>
    (only === undefined || only.includes("primitives") || only.includes(name)) && (needs === undefined || has(needs)),
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
      const pairs = forms.map((form) => [
        form,
        between(
          () => runC(program, mechanism, placement, count),
          () => runOurs(mechanism, form, placement, count),
          attempts(mechanism.name),
        ),
      ]);
      const beside = mean(pairs.map(([, { c }]) => c));
      const figures = { "c.latencyNs": beside.latencyNs, "c.bytesPerSecond": beside.bytesPerSecond };
      for (const [form, { ours, c }] of pairs) {
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

const isWanted = (transport) => only === undefined || only.includes("rpc") || only.includes(`rpc:${transport}`);
const lacks = rows.some(({ transport }) => isWanted(transport)) ? whyNot() : "to be asked for";
if (lacks !== undefined && only === undefined) console.log(`RPC within a host needs ${lacks}: left out`);
const rpc = lacks === undefined ? await measureRpc(runs, isWanted) : undefined;

const gcc = execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim();
const about = `${machine()}, kernel ${release()}, gcc ${gcc} -O2`;
const aboutRpc = () => `${about}, ${libtirpc()}`;
if (values.json) console.log(JSON.stringify({ machine: about, runs, results, rpc }, undefined, 2));
else {
  if (results.length > 0)
    console.log(`tsrpcgen/ipc and C, medians of ${runs} runs by turns\n${about}\n\n${text(results)}`);
  if (rpc !== undefined)
    console.log(`RPC within a host, medians of ${runs} runs by turns\n${aboutRpc()}\n\n${rpcText(rpc)}`);
}
const page = join(dirname(fileURLToPath(import.meta.url)), "../../docs/ipc.md");
const write = (name, content) =>
  console.log(writeInto(page, name, content) ? `written into ${page}` : `no place for ${name} in ${page}`);
if (values.write && results.length > 0) write("bench:ipc", markdown(results, about, runs));
if (values.write && rpc !== undefined) write("bench:ipc-rpc", rpcMarkdown(rpc, aboutRpc(), runs));
