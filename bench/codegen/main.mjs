#!/usr/bin/env node
// From start to files on disk: tsrpcgen beside C's rpcgen, whole processes, runs of both by turns.
//
//   npm run bench:codegen [-- --runs N] [-- --json]
//
// --runs: how many of each, of which the median is shown (default 7). --json: the figures as JSON instead of a table.
// rpcgen writes one output a run, so its time is that of four runs: -h, -c, -l and -m.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { URL, fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, measure, measureNode, medians, table, withFolder } from "../lib/measure.mjs";
import { libvirtSize } from "./libvirt-size.mjs";

const { values } = parseArgs({ options: { runs: { type: "string", default: "7" }, json: { type: "boolean" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What the project promises on two cores. */
const inputs = [
  { name: "date.x", text: readFileSync(join(root, "examples/date.x"), "utf8"), limitMs: 800, limitMB: 400 },
  { name: "libvirt-size.x", text: libvirtSize(), limitMs: 2000, limitMB: 400 },
];

/** A run of tsrpcgen into an empty folder. */
function ours(input, folder) {
  const output = join(folder, "ts");
  rmSync(output, { recursive: true, force: true });
  return measureNode([join(root, "bin/tsrpcgen.js"), "-o", output, input], folder);
}

/** The four runs of rpcgen; it does not overwrite its outputs, nor run from elsewhere without paths in them. */
function theirs(input, folder) {
  const output = join(folder, "c");
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const flags = ["-h", "-c", "-l", "-m"];
  return measure(
    flags.map((flag) => ["rpcgen", [flag, "-o", join(output, `out${flag}`), input]]),
    { cwd: dirname(input) },
  );
}

function benchInput({ name, text, limitMs, limitMB }, folder) {
  const input = join(folder, name);
  writeFileSync(input, text);
  const hasRpcgen = onPath("rpcgen");
  const measured = { ours: [], theirs: [] };
  // The first of each warms the disk's cache, and is left out.
  for (let run = 0; run <= runs; run++) {
    const [own, other] = [ours(input, folder), hasRpcgen ? theirs(input, folder) : undefined];
    if (run === 0) continue;
    measured.ours.push(own);
    if (other !== undefined) measured.theirs.push(other);
  }
  return {
    input: name,
    lines: text.split("\n").length - 1,
    tsrpcgen: medians(measured.ours),
    ...(hasRpcgen && { rpcgen: medians(measured.theirs) }),
    limitMs,
    limitMB,
  };
}

function row({ input, lines, tsrpcgen, rpcgen, limitMs, limitMB }) {
  const ms = (number) => `${number.toFixed(0)} ms`;
  return [
    input,
    String(lines),
    ms(tsrpcgen.ms),
    ms(tsrpcgen.cpuMs),
    `${tsrpcgen.peakMB.toFixed(0)} MB`,
    rpcgen === undefined ? "no rpcgen" : ms(rpcgen.ms),
    rpcgen === undefined ? "" : `${(tsrpcgen.ms / rpcgen.ms).toFixed(1)} x`,
    `${ms(limitMs)}, ${limitMB} MB`,
    tsrpcgen.ms < limitMs && tsrpcgen.peakMB <= limitMB ? "kept" : "NOT KEPT",
  ];
}

const results = await withFolder((folder) => inputs.map((input) => benchInput(input, folder)));
if (values.json) {
  console.log(JSON.stringify({ machine: machine(), version, runs, results }, undefined, 2));
} else {
  console.log(`tsrpcgen ${version} and C's rpcgen, medians of ${runs} runs by turns\n${machine()}\n`);
  const head = ["input", "lines", "tsrpcgen", "cpu", "peak", "rpcgen, 4 runs", "ratio", "bound", ""];
  console.log(table([head, ...results.map(row)]));
}
