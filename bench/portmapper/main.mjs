#!/usr/bin/env node
// tsrpcbind beside the real rpcbind under load: 10 000 registrations, and 100 000 lookups by 1000 clients at once over udp
// and as many over tcp.
//
//   npm run bench:portmapper [-- --runs N] [-- --json] [-- --write]
//
// In each run the two go by turns, each in network and mount namespaces of its own, under the same load by a program in C.
// The figures are the medians of the runs, and a ratio is the median of those of the same run.
// --runs: how many (default 5). --json: the figures as JSON. --write: puts the table into docs/tsrpcbind.md too.
// It needs Linux, gcc and unshare; the real rpcbind runs as root alone, and without it the figures are of ours only.
import { execFileSync } from "node:child_process";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findNamespace } from "../../scripts/lib/namespace.mjs";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, medians, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { markdown, ratiosOf, text } from "./report.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "5" }, json: { type: "boolean" }, write: { type: "boolean" } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);

const here = dirname(fileURLToPath(import.meta.url));
/** Far beyond what a run takes: a portmapper hangs. */
const timeoutMs = 300_000;

const missing = process.platform !== "linux" ? "Linux" : ["gcc"].find((program) => !onPath(program));
const namespace = missing === undefined ? await findNamespace() : { reason: `there is no ${missing}` };
if (namespace.command === undefined) {
  console.log(`bench:portmapper is left out: ${namespace.reason}`);
  process.exit(0);
}

/** One run of one portmapper in namespaces of its own. Throws where it fails: a figure of a failed run says nothing. */
function measured(kind, load) {
  const [command, ...args] = [...namespace.command, process.execPath, join(here, "run.mjs"), kind, load];
  return JSON.parse(execFileSync(command, args, { encoding: "utf8", timeout: timeoutMs, killSignal: "SIGKILL" }));
}

function compile(folder) {
  const program = join(folder, "load");
  execFileSync("gcc", ["-O2", "-o", program, join(here, "load.c")]);
  return program;
}

const hasReal = onPath("rpcbind") && process.getuid?.() === 0;
const results = await withFolder((folder) => {
  const load = compile(folder);
  const all = { tsrpcbind: [], rpcbind: [], ratios: [] };
  for (let run = 0; run < runs; run++) {
    const ours = measured("tsrpcbind", load);
    all.tsrpcbind.push(ours);
    if (!hasReal) continue;
    const real = measured("rpcbind", load);
    all.rpcbind.push(real);
    all.ratios.push(ratiosOf(ours, real));
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, list]) => (list.length > 0 ? [[name, medians(list)]] : [])),
  );
});

const version = (command, args) => execFileSync(command, args, { encoding: "utf8" }).trim();
const rpcbind = !hasReal
  ? "no rpcbind, which runs as root alone"
  : `rpcbind ${onPath("dpkg-query") ? version("dpkg-query", ["-W", "-f", "${Version}", "rpcbind"]) : "(version unknown)"}`;
const about = `${machine()}, kernel ${release()}, ${rpcbind}`;
if (values.json) console.log(JSON.stringify({ machine: about, runs, ...results }, undefined, 2));
else console.log(`tsrpcbind and rpcbind under load, medians of ${runs} runs by turns\n${about}\n\n${text(results)}`);
if (values.write) {
  const page = join(here, "../../docs/tsrpcbind.md");
  const day = new Date().toISOString().slice(0, 10);
  const done = writeInto(page, "bench:portmapper", markdown(results, { about, runs, day }));
  console.log(done ? `written into ${page}` : `no place for it in ${page}`);
}
