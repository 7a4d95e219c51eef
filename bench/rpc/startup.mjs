#!/usr/bin/env node
// From nothing to the first reply, and what has to be there for it.
//
//   npm run bench:startup [-- --runs N] [-- --json] [-- --write]
//
// --runs: how many processes of each, by turns, of which the median is shown (default 9). --json: the figures as JSON.
// --write: puts the tables into docs/performance.md too.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mkdirSync, symlinkSync } from "node:fs";
import { machine, measure, medians, table, withFolder } from "../lib/measure.mjs";
import { writeInto } from "../lib/page.mjs";
import { installPeers } from "../lib/peers.mjs";
import { Server, generateOurs, peerVersion, programsOf } from "./programs.mjs";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "9" }, json: { type: "boolean" }, write: { type: "boolean" } },
});
const runs = Number(values.runs);
if (!(Number.isInteger(runs) && runs >= 1)) throw new RangeError(`--runs ${values.runs}: a number of runs from 1 on`);
installPeers();
const { bundleSizes, installedSizes, packedRuntime } = await import("./sizes.mjs");

const here = dirname(fileURLToPath(import.meta.url));

/** Milliseconds of whole processes. */
async function startTimes(folder, generated, asPublished) {
  const { servers } = programsOf({ peer: "", load: "" }, generated);
  const path = join(folder, "ours.sock");
  const ours = await Server.start(servers.ours(path), path, 2);
  const grpc = await Server.start(servers.grpc(), join(folder, "none"), 1);
  const first = (kind, server, stubs) => [
    [process.execPath, [join(here, "first-call.mjs"), kind, server.addressOf("tcp"), stubs]],
  ];
  const commands = {
    "Node alone": [[process.execPath, ["-e", "0"]]],
    ours: first("ours", ours, asPublished),
    "ours, not bundled": first("ours", ours, generated),
    "@grpc/grpc-js": first("grpc", grpc, ""),
  };
  const all = [];
  try {
    // The first of each warms the disk's cache, and is left out.
    for (let run = 0; run <= runs; run++) {
      const figures = Object.entries(commands).map(([name, command]) => [name, measure(command).ms]);
      if (run > 0) all.push(Object.fromEntries(figures));
    }
  } finally {
    await Promise.all([ours.stop(), grpc.stop()]);
  }
  return medians(all);
}

const { start, sizes, installs } = await withFolder(async (folder) => {
  const generated = generateOurs(join(folder, "ours"));
  const packed = packedRuntime(join(folder, "packed"));
  const asPublished = join(folder, "published");
  mkdirSync(join(asPublished, "node_modules"), { recursive: true });
  symlinkSync(packed, join(asPublished, "node_modules/tsrpcgen-runtime"));
  return {
    start: await startTimes(folder, generated, generateOurs(asPublished, undefined, ["--runtime", "tsrpcgen-runtime"])),
    sizes: await bundleSizes(folder, generated),
    installs: installedSizes(packed),
  };
});

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const times = (number) => `${number.toFixed(2)} x`;
const own = start.ours - start["Node alone"];
const tables = [
  [
    ["process: import, connect, one call, end", "ms", "beyond Node", "of ours"],
    ...Object.entries(start).map(([name, ms]) => {
      const beyond = ms - start["Node alone"];
      return [name, ms.toFixed(0), beyond.toFixed(0), beyond === 0 ? "" : times(beyond / own)];
    }),
  ],
  ...Object.entries({
    "bundle of a client (esbuild, minified, for Node)": sizes.client,
    "bundle of a codec alone": sizes.codec,
  }).map(([title, list]) => [
    [title, "minified", "gzip", "of ours"],
    ...Object.entries(list).map(([name, { bytes, gzip }]) => [name, kilobytes(bytes), kilobytes(gzip), times(bytes / list.ours.bytes)]), // prettier-ignore
  ]),
  [
    ["installed", "on disk", "packages", "of ours"],
    ...Object.entries(installs).map(([name, { bytes, packages }]) => [name, kilobytes(bytes), String(packages), times(bytes / installs["tsrpcgen-runtime"].bytes)]), // prettier-ignore
  ],
];
const peers = ["@grpc/grpc-js", "@connectrpc/connect-node", "@bufbuild/protobuf", "esbuild"];
const about = [machine(), ...peers.map((name) => `${name} ${peerVersion(name)}`)].join(", ");
if (values.json) console.log(JSON.stringify({ machine: about, runs, start, sizes, installs }, undefined, 2));
else console.log(`medians of ${runs} runs by turns\n${about}\n\n${tables.map(table).join("\n\n")}`);
if (values.write) {
  const line = (row) => `| ${row.join(" | ")} |`;
  const parts = tables.map(([head, ...rows]) =>
    [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows].map(line).join("\n"),
  );
  const day = new Date().toISOString().slice(0, 10);
  const how = `Medians of ${runs} runs by turns, ${day}, \`npm run bench:startup\`. ${about}.`;
  const page = join(here, "../../docs/performance.md");
  const done = writeInto(page, "bench:startup", [...parts, how].join("\n\n"));
  console.log(done ? `written into ${page}` : `no place for it in ${page}`);
}
