#!/usr/bin/env node
// Our generated codecs beside C's of rpcgen and libtirpc, and beside what npm has: eight workloads, encoded and decoded.
//
//   npm run bench:codec [-- --runs N] [-- --only PEER,…] [-- --workloads NAME,…] [-- --ms N] [-- --json] [-- --write]
//   npm run bench:codec -- --growth [--write]        how the time grows with a list's length, as JSON; --write: as a picture, too
//
// Each peer has a process of its own, new in each run, and answers for one workload after the other by turns with the others;
// figures are the medians of the runs, and a ratio is the median of those of the same run.
// --runs: how many (default 5). --ms: what one figure takes, about (default 60). --json: the figures as JSON.
// --write: puts the tables into docs/performance.md too. It needs gcc, rpcgen and libtirpc; without them C is left out.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onPath } from "../../scripts/lib/process.mjs";
import { machine, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { installPeers } from "../lib/peers.mjs";
import { curves, growth } from "./growth.mjs";
import { prepareC, prepareOurs } from "./prepare.mjs";
import { Peer } from "./processes.mjs";
import { markdown, summary, text } from "./report.mjs";
import { workloads } from "./values.mjs";
import { variants } from "./variants.mjs";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    ms: { type: "string", default: "60" },
    only: { type: "string" },
    workloads: { type: "string" },
    growth: { type: "boolean" },
    json: { type: "boolean" },
    write: { type: "boolean" },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
const ms = Number(values.ms);
if (!(ms > 0)) throw new RangeError(`--ms ${values.ms}: milliseconds`);

const here = dirname(fileURLToPath(import.meta.url));
const page = join(here, "../../docs/performance.md");
const packages = ["protobufjs", "@bufbuild/protobuf", "js-xdr", "@stellar/js-xdr"];
const hasC =
  ["gcc", "rpcgen"].every(onPath) && ["/usr/include/tirpc/rpc/rpc.h", "/usr/include/rpc/rpc.h"].some(existsSync);
const all = [
  ...(hasC ? ["c"] : []),
  ...variants.map(({ name }) => `ours:${name}`),
  ...["copy", "protobufjs", "protobuf-es", "js-xdr", "stellar-js-xdr"],
];
const peers = chosen("only", all);
const wanted = chosen("workloads", workloads);

function chosen(option, known) {
  const names = values[option]?.split(",") ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`--${option} ${unknown}: one of ${known.join(", ")}`);
  return names;
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(here, "../node_modules", name, "package.json"), "utf8")).version;
function about() {
  const gcc = hasC ? `, gcc ${execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim()} -O2` : "";
  const libtirpc = onPath("pkg-config")
    ? `, libtirpc ${execFileSync("pkg-config", ["--modversion", "libtirpc"], { encoding: "utf8" }).trim()}`
    : "";
  return `${machine()}${gcc}${hasC ? libtirpc : ", without C"}, ${packages.map((name) => `${name} ${versionOf(name)}`).join(", ")}`;
}

/** One run: for each workload and direction, what each peer takes. */
async function measured(folder, program) {
  const processes = [];
  try {
    for (const name of peers) processes.push([name, await Peer.start(name, { folder, program })]);
    const figures = [];
    for (const workload of wanted)
      for (const direction of ["encode", "decode"])
        for (const [peer, process] of processes) {
          const ns = await process.ask(workload, direction, ms);
          if (ns !== undefined) figures.push({ workload, direction, peer, ns });
        }
    return figures;
  } finally {
    for (const [, process] of processes) process.stop();
  }
}

installPeers();
if (values.growth) {
  const curve = await withFolder(async (folder) => {
    await prepareOurs(folder);
    return growth(folder, ms);
  });
  console.log(JSON.stringify({ machine: about(), curve }, undefined, 2));
  if (values.write) writeFileSync(join(here, "../../docs/performance-codec-growth.svg"), curves(curve));
} else {
  const results = await withFolder(async (folder) => {
    await prepareOurs(folder);
    const program = hasC ? prepareC(folder) : undefined;
    const figures = [];
    for (let run = 0; run < runs; run++) figures.push(await measured(folder, program));
    return summary(figures);
  });
  if (values.json) console.log(JSON.stringify({ machine: about(), runs, ...results }, undefined, 2));
  else console.log(`Codec, medians of ${runs} runs by turns\n${about()}\n\n${text(results)}`);
  if (values.write) {
    const day = new Date().toISOString().slice(0, 10);
    const done = writeInto(page, "bench:codec", markdown(results, { about: about(), runs, day }));
    console.log(done ? `written into ${page}` : `no place for it in ${page}`);
  }
}
