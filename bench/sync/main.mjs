#!/usr/bin/env node
// Blocking clients beside C's: null calls, one at a time, libtirpc's client and ours to libtirpc's server and to ours.
//
//   npm run bench:sync [-- --runs N] [-- --calls N] [-- --json]
//
// Client and server are pinned, on one core and on two. In each run all pairs go by turns; the figures are the medians of the
// runs, and a ratio is the median of those to C's pair of the same run.
// --runs: how many (default 5). --calls: measured calls of a run (default 20,000). --json: the figures as JSON.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, medians, table, withFolder } from "../lib/measure.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    calls: { type: "string", default: "20000" },
    json: { type: "boolean" },
  },
});
const [runs, calls] = [Number(values.runs), Number(values.calls)];
if (!(Number.isInteger(runs) && runs >= 1)) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
if (!(Number.isInteger(calls) && calls >= 1))
  throw new RangeError(`--calls ${values.calls}: a number of calls from 1 on`);

const missing =
  process.platform !== "linux" ? "Linux" : ["gcc", "pkg-config", "taskset"].find((program) => !onPath(program));
if (missing !== undefined) {
  console.log(`bench:sync needs ${missing}: left out`);
  process.exit(0);
}

const here = dirname(fileURLToPath(import.meta.url));
const NETIDS = ["local", "tcp", "udp"];
const PLACEMENTS = [
  { name: "one core", client: 0, server: 0 },
  { name: "two cores", client: 0, server: 1 },
].filter(({ server }) => server < cpus().length);
/** Client and server. The first one is what the others are compared with. */
const PAIRS = [
  ["C", "C"],
  ["blocking", "C"],
  ["C", "ours"],
  ["blocking", "ours"],
  ["promises", "ours"],
];
const nameOf = ([client, server]) => `${client} to ${server}`;

function compile(folder) {
  const program = join(folder, "libtirpc");
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "libtirpc"], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  execFileSync("gcc", ["-O2", "-o", program, join(here, "libtirpc.c"), ...flags]);
  return program;
}

/** A server, until `use` has ended; it gets the port or the path. */
async function withServer(program, server, netid, cpu, path, use) {
  const command = server === "C" ? [program, "server"] : [process.execPath, join(here, "server.mjs")];
  const child = spawn("taskset", ["-c", String(cpu), ...command, netid, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [address] = await once(createInterface({ input: child.stdout }), "line");
    return use(address);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
    if (netid === "local") execFileSync("rm", ["-f", path]);
  }
}

/** Nanoseconds of a call: the median and the 99th percentile. */
function runClient(program, client, netid, cpu, address) {
  const command = client === "C" ? [program, "client"] : [process.execPath, join(here, "client.mjs"), client];
  const args = ["-c", String(cpu), ...command, netid, address, String(calls)];
  const output = execFileSync("taskset", args, { encoding: "utf8", timeout: 120_000, killSignal: "SIGKILL" });
  const [p50, p99] = output.trim().split(" ").map(Number);
  return { p50, p99 };
}

const results = await withFolder(async (folder) => {
  const program = compile(folder);
  const rows = NETIDS.flatMap((netid) => PLACEMENTS.map((placement) => ({ netid, placement, measured: [] })));
  for (let run = 0; run < runs; run++)
    for (const { netid, placement, measured } of rows) {
      const figures = {};
      for (const server of ["C", "ours"])
        await withServer(program, server, netid, placement.server, join(folder, "s"), (address) => {
          for (const pair of PAIRS.filter(([, its]) => its === server)) {
            const { p50, p99 } = runClient(program, pair[0], netid, placement.client, address);
            figures[`${nameOf(pair)}.p50`] = p50;
            figures[`${nameOf(pair)}.p99`] = p99;
          }
        });
      for (const pair of PAIRS)
        figures[`${nameOf(pair)}.ratio`] = figures[`${nameOf(pair)}.p50`] / figures["C to C.p50"];
      measured.push(figures);
    }
  return rows.map(({ netid, placement, measured }) => ({ netid, placement: placement.name, ...medians(measured) }));
});

const gcc = execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim();
const about = `${machine()}, kernel ${release()}, gcc ${gcc} -O2, libtirpc ${execFileSync("pkg-config", ["--modversion", "libtirpc"], { encoding: "utf8" }).trim()}`;
if (values.json) console.log(JSON.stringify({ machine: about, runs, results }, undefined, 2));
else {
  const microseconds = (ns) => (ns / 1000).toFixed(1);
  const cell = (result, pair) => {
    const name = nameOf(pair);
    const ratio = name === "C to C" ? "" : ` ${result[`${name}.ratio`].toFixed(2)}x`;
    return `${microseconds(result[`${name}.p50`])}${ratio}`;
  };
  const head = ["null call, p50 µs", "", ...PAIRS.map(nameOf)];
  const rows = results.map((result) => [result.netid, result.placement, ...PAIRS.map((pair) => cell(result, pair))]);
  console.log(`client to server, medians of ${runs} runs by turns\n${about}\n\n${table([head, ...rows])}`);
}
