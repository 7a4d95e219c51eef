#!/usr/bin/env node
// How calls a second and their times grow: with connections, with calls outstanding on one, with worker processes.
//
//   npm run bench:growth [-- --runs N] [-- --json] [-- --write]
//
// --runs: how many (default 3); each figure is the median. --json: the figures as JSON. --write: draws the curves into docs/img
// and puts the tables into docs/performance.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, medians, table, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { plot } from "../lib/svg.mjs";
import { Server, clusterOf, compileC, generateOurs, missingTool, programsOf, runClient } from "./programs.mjs";

const SECONDS = 0.5;
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

/** One point, on servers that are new: what was before is no part of it. */
async function measured(programs, curve, { server: kind, client }, step, folder) {
  const server = await started(programs, kind, step, folder);
  try {
    const it = { netid: "tcp", address: server.addressOf("tcp"), what: "0", seconds: SECONDS, ...curve.of(step) };
    return await runClient(programs.clients[client](it), kind === "cluster" ? "0-1" : "0");
  } finally {
    await server.stop();
  }
}

/** How a figure grows between two steps at most: 1 is as the number itself does. */
function steepest(points) {
  const exponents = points.slice(1).map(([x, y], i) => Math.log(y / points[i][1]) / Math.log(x / points[i][0]));
  return Math.max(...exponents);
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
    all.push({
      ...curve,
      series: series.map((each) => {
        const [rate, p99] = [pointsOf(each, "perSecond"), pointsOf(each, "p99Us")];
        return { name: each.name, rate, p99, steepest: steepest(p99) };
      }),
    });
  }
  return all;
});

const whole = (number) => number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, " ");
function rowsOf({ x, steps, series }) {
  const head = [x, ...series.flatMap(({ name }) => [`${name}: calls/s`, "p99 µs"])];
  const cell = (points, step) => points.find(([at]) => at === step)?.[1];
  const shown = (value) => (value === undefined ? "" : whole(value));
  const rows = steps.map((step) => [
    whole(step),
    ...series.flatMap(({ rate, p99 }) => [shown(cell(rate, step)), shown(cell(p99, step))]),
  ]);
  return [head, ...rows];
}
const growth = ({ series }) =>
  series
    .map((each) => `${each.name}: p99 grows as n^${each.steepest.toFixed(2)} at most, between two steps`)
    .join("; ");

if (values.json) console.log(JSON.stringify({ machine: machine(), runs, results }, undefined, 2));
else {
  const parts = results.map((curve) => `${curve.title}\n${table(rowsOf(curve))}\n${growth(curve)}`);
  console.log(`medians of ${runs} runs\n${machine()}\n\n${parts.join("\n\n")}`);
}
if (values.write) {
  const docs = join(dirname(fileURLToPath(import.meta.url)), "../../docs");
  mkdirSync(join(docs, "img"), { recursive: true });
  const line = (row) => `| ${row.join(" | ")} |`;
  const parts = results.map((curve) => {
    const pictures = [
      { figure: "rate", y: "calls a second" },
      { figure: "p99", y: "p99, µs" },
    ].map(({ figure, y }) => {
      const file = `img/growth-${curve.name}-${figure}.svg`;
      const series = curve.series.map((each) => ({ name: each.name, points: each[figure] }));
      writeFileSync(join(docs, file), plot({ title: `${curve.title}: ${y}`, x: curve.x, y, series }));
      return `![${curve.title}: ${y}](${file})`;
    });
    const [head, ...rows] = rowsOf(curve);
    const lines = [head, head.map(() => "---:"), ...rows].map(line).join("\n");
    return `### ${curve.title}\n\n${pictures.join("\n")}\n\n${lines}\n\n${growth(curve)}.`;
  });
  const how = `Medians of ${runs} runs, ${new Date().toISOString().slice(0, 10)}, \`npm run bench:growth\`. ${machine()}.`;
  const page = join(docs, "performance.md");
  const done = writeInto(page, "bench:growth", [...parts, how].join("\n\n"));
  console.log(done ? `written into ${page}` : `no place for it in ${page}`);
}
