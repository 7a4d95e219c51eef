#!/usr/bin/env node
// Calls beside their peers: C by rpcgen and libtirpc, @grpc/grpc-js, and what Node's sockets allow at all.
//
//   npm run bench:rpc [-- --runs N] [-- --seconds S] [-- --only TEXT] [-- --json] [-- --write]
//
// In each run ours and the peers go by turns, pinned to the cores that the table names. The figures are the medians of the
// runs, and a ratio is the median of those within one run.
// --runs: how many (default 5). --seconds: how long each is measured (default 0.3). --only: pairs whose title holds the text.
// --json: the figures as JSON. --write: puts the tables into docs/performance.md too.
// It needs Linux, two cores, gcc, rpcgen, libtirpc and taskset.
import { execFileSync } from "node:child_process";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, medians, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { installPeers } from "../lib/peers.mjs";
import { PLACES, cases, groups, keyOf } from "./cases.mjs";
import { idleMemory } from "./idle.mjs";
import { Server, compileC, generateOurs, missingTool, peerVersion, programsOf, runClient } from "./programs.mjs";
import { markdown, text } from "./report.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.3" },
    only: { type: "string", default: "" },
    json: { type: "boolean" },
    write: { type: "boolean" },
  },
});
const [runs, seconds] = [Number(values.runs), Number(values.seconds)];
if (!(Number.isInteger(runs) && runs >= 1)) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
if (!(seconds > 0)) throw new RangeError(`--seconds ${values.seconds}: seconds above 0`);

const missing = missingTool();
if (missing !== undefined) {
  console.log(`bench:rpc needs ${missing}: left out`);
  process.exit(0);
}
installPeers();

for (const group of groups) group.pairs = group.pairs.filter(({ title }) => title.includes(values.only));
const pairs = groups.flatMap((group) => group.pairs);
const wanted = new Set(pairs.flatMap(({ ours, peer }) => [keyOf(ours), keyOf(peer)]));

/** All cases, once, each beside its peers'. Servers are new in each run. */
async function runAll(programs, folder) {
  const servers = {};
  const figures = new Map();
  try {
    for (const [key, it] of cases) {
      if (!wanted.has(key)) continue;
      const path = join(folder, `${it.server}.sock`);
      const server = (servers[it.server] ??= await Server.start(
        programs.servers[it.server](path),
        path,
        it.server === "grpc" ? 1 : 2,
      ));
      const place = PLACES[it.place];
      server.pin(place.server);
      const address = server.addressOf(["shm", "sync"].includes(it.netid) ? "local" : it.netid);
      const command = programs.clients[it.client]({ ...it, address, seconds });
      figures.set(key, await runClient(command, place.client));
    }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
  return figures;
}

const measured = await withFolder(async (folder) => {
  const programs = programsOf(compileC(join(folder, "c")), generateOurs(join(folder, "ours")));
  const all = [];
  const idle = [];
  for (let run = 0; run < runs; run++) {
    all.push(await runAll(programs, folder));
    idle.push(await idleMemory(programs, folder));
  }
  const results = new Map([...wanted].map((key) => [key, medians(all.map((figures) => figures.get(key)))]));
  const ratioIn = ({ figure, ours, peer }, figures) =>
    figures.get(keyOf(ours))[figure] / figures.get(keyOf(peer))[figure];
  const ratios = new Map(
    pairs.map((pair) => [pair, medians(all.map((figures) => ({ ratio: ratioIn(pair, figures) }))).ratio]),
  );
  return { results, ratios, idle: { ours: medians(idle.map(({ ours }) => ours)), C: medians(idle.map(({ C }) => C)) } };
});

const version = (command, ...args) => execFileSync(command, args, { encoding: "utf8" }).trim();
const about = [
  machine(),
  `kernel ${release()}`,
  `gcc ${version("gcc", "-dumpfullversion")} -O2`,
  `libtirpc ${version("pkg-config", "--modversion", "libtirpc")}`,
  `@grpc/grpc-js ${peerVersion("@grpc/grpc-js")}`,
].join(", ");
if (values.json) {
  const list = pairs.map((pair) => ({ ...pair, ratio: measured.ratios.get(pair) }));
  const results = Object.fromEntries(measured.results);
  console.log(JSON.stringify({ machine: about, runs, pairs: list, results, idle: measured.idle }, undefined, 2));
} else console.log(`medians of ${runs} runs by turns\n${about}\n\n${text(measured)}`);
if (values.write) {
  const page = join(dirname(fileURLToPath(import.meta.url)), "../../docs/performance.md");
  const day = new Date().toISOString().slice(0, 10);
  const done = writeInto(page, "bench:rpc", markdown(measured, { about, runs, day }));
  console.log(done ? `written into ${page}` : `no place for it in ${page}`);
}
