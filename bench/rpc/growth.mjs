#!/usr/bin/env node
// How calls a second and their times grow: with connections, with calls outstanding on one, with worker processes.
//
//   npm run bench:growth [-- --runs N] [-- --json] [-- --write]
//
// --runs: how many (default 3); each figure is the median. --json: the figures as JSON. --write: draws the curves into docs/img
// and puts the tables into docs/performance.md; the codec's curve over the length of lists, too.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, medians, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { drawInto, markdown, text } from "./growth-report.mjs";
import { Server, clusterOf, compileC, generateOurs, missingTool, programsOf, runClient } from "./programs.mjs";

const SECONDS = 0.5;
/** A server that is new is compiled while it serves: its first second is the compiler's. */
const WARM_SECONDS = 1;
const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { runs: { type: "string", default: "3" }, json: { type: "boolean" }, write: { type: "boolean" } },
});
const runs = Number(values.runs);
if (!(Number.isInteger(runs) && runs >= 1)) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
const missing = missingTool();
if (missing !== undefined) {
  console.log(`bench:growth needs ${missing}: left out`);
  process.exit(0);
}

/** Curves over one number. `limit`: the most that a series can be given. */
const curves = [
  {
    name: "connections",
    title: "Connections, one call outstanding on each",
    x: "connections",
    steps: [1, 10, 100, 1000, 5000],
    series: [
      { name: "our server", server: "ours", client: "load" },
      // libtirpc's server takes no descriptor beyond FD_SETSIZE.
      { name: "libtirpc's server", server: "C", client: "load", limit: 1000 },
    ],
    of: (connections) => ({ connections, outstanding: 1 }),
  },
  {
    name: "outstanding",
    title: "Calls outstanding on one connection",
    x: "calls outstanding",
    steps: [1, 4, 16, 64, 256, 1024, 4096],
    series: [
      { name: "our client and server", server: "ours", client: "ours" },
      { name: "C's load, our server", server: "ours", client: "load" },
      { name: "C's load, libtirpc", server: "C", client: "load" },
    ],
    of: (outstanding) => ({ connections: 1, outstanding }),
  },
  {
    name: "workers",
    title: "Worker processes, 64 connections, 8 calls outstanding on each, unpinned",
    x: "worker processes",
    steps: [1, 2],
    series: [{ name: "our server", server: "cluster", client: "load" }],
    of: () => ({ connections: 64, outstanding: 8 }),
  },
];

async function started(programs, kind, step, folder) {
  const path = join(folder, `${kind}.sock`);
  if (kind !== "cluster") {
    const server = await Server.start(programs.servers[kind](path), path, 2);
    server.pin("1");
    return server;
  }
  return Server.start(clusterOf(step, join(folder, "ours")), path, 2);
}

/** One point, on servers that are new and warm: what was before is no part of it. */
async function measured(programs, curve, { server: kind, client }, step, folder) {
  const server = await started(programs, kind, step, folder);
  try {
    const it = { netid: "tcp", address: server.addressOf("tcp"), what: "0", seconds: SECONDS, ...curve.of(step) };
    const cores = kind === "cluster" ? "0-1" : "0";
    await runClient(programs.clients[client]({ ...it, seconds: WARM_SECONDS }), cores);
    return await runClient(programs.clients[client](it), cores);
  } finally {
    await server.stop();
  }
}

const results = await withFolder(async (folder) => {
  const programs = programsOf(compileC(join(folder, "c")), generateOurs(join(folder, "ours")));
  const all = [];
  for (const curve of curves) {
    const series = curve.series.map((each) => ({ ...each, steps: curve.steps.filter((step) => step <= (each.limit ?? Infinity)) })); // prettier-ignore
    const figures = new Map();
    for (let run = 0; run < runs; run++)
      for (const step of curve.steps)
        for (const each of series.filter(({ steps }) => steps.includes(step))) {
          const key = `${each.name} ${step}`;
          figures.set(key, [...(figures.get(key) ?? []), await measured(programs, curve, each, step, folder)]);
        }
    const pointsOf = (each, figure) => each.steps.map((step) => [step, medians(figures.get(`${each.name} ${step}`))[figure]]); // prettier-ignore
    const chart = (id, y, figure) => ({ id, y, series: series.map((each) => ({ name: each.name, points: pointsOf(each, figure) })) }); // prettier-ignore
    const { name, title, x } = curve;
    all.push({
      name,
      title,
      x,
      charts: [chart("rate", "calls a second", "perSecond"), chart("p99", "p99, µs", "p99Us")],
    });
  }
  return all;
});

if (values.json) console.log(JSON.stringify({ machine: machine(), runs, results }, undefined, 2));
else console.log(`medians of ${runs} runs\n${machine()}\n\n${text(results)}`);
if (values.write) {
  // Lists, by their length: the codec's own bench draws them.
  const codec = join(here, "../codec/main.mjs");
  if (existsSync(codec)) execFileSync(process.execPath, [codec, "--growth", "--write"], { stdio: "ignore" });
  const docs = join(here, "../../docs");
  drawInto(join(docs, "img"), results);
  const how = `Medians of ${runs} runs, ${new Date().toISOString().slice(0, 10)}, \`npm run bench:growth\`. ${machine()}.`;
  const page = join(docs, "performance.md");
  const done = writeInto(page, "bench:growth", `${markdown(results)}\n\n${how}`);
  console.log(done ? `written into ${page}` : `no place for it in ${page}`);
}
