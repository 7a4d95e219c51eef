// The codec bench's figures as text, and as the tables of docs/performance.md.
import { table } from "../lib/measure.mjs";
import { counts, workloads } from "./values.mjs";

/** C's time over ours, to reach or pass: [default, typed where it has arrays of numbers, with --hyper number]. */
const goals = {
  encode: {
    date: [0.6],
    fattr3: [1.3, undefined, 2.4],
    dirlist: [0.9, undefined, 1.2],
    ints: [4, 15],
    doubles: [4, 15],
    opaque64k: [1],
    opaque1m: [1],
    records: [0.8, undefined, 0.9],
  },
  decode: {
    date: [0.9],
    fattr3: [2.4, undefined, 3.5],
    dirlist: [1.8, undefined, 2.4],
    ints: [2.2, 10],
    doubles: [2.5, 10],
    records: [1.5, undefined, 2],
  },
};
/** By geometric mean over all workloads, how many times as fast as these the defaults are at least. */
const peerGoals = { protobufjs: 2.5, "protobuf-es": 6, "js-xdr": 10, "stellar-js-xdr": 10 };
const goalIndex = { "ours:default": 0, "ours:typed": 1, "ours:number": 2 };

const directions = ["encode", "decode"];

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const geometricMean = (numbers) =>
  Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);

/** The runs' figures in one: the medians, C's time over ours, and the geometric means of the others' times over ours. */
export function summary(runs) {
  const at = (figures, workload, direction, peer) =>
    figures.find((it) => it.workload === workload && it.direction === direction && it.peer === peer)?.ns;
  const names = (key) => [...new Set(runs[0].map((it) => it[key]))];
  const peers = names("peer");
  const cells = [];
  for (const direction of directions)
    for (const workload of names("workload"))
      for (const peer of peers) {
        const times = runs.map((figures) => at(figures, workload, direction, peer));
        if (times[0] === undefined) continue;
        const ofC = runs.map((figures, i) => at(figures, workload, direction, "c") / times[i]);
        const goal = goals[direction][workload]?.[goalIndex[peer]];
        const cOver = Number.isNaN(ofC[0]) ? undefined : median(ofC);
        cells.push({ direction, workload, peer, ns: median(times), cOver, goal });
      }
  const means = peers
    .filter((peer) => peer in peerGoals)
    .map((peer) => {
      const over = (direction) => {
        const ratios = runs.map((figures) => {
          const own = figures.filter((it) => it.peer === peer && it.direction === direction);
          return geometricMean(own.map((it) => it.ns / at(figures, it.workload, direction, "ours:default")));
        });
        return median(ratios);
      };
      const [encode, decode] = directions.map(over);
      return { peer, encode, decode, both: Math.sqrt(encode * decode), goal: peerGoals[peer] };
    });
  return { cells, means };
}

const time = (ns) => {
  if (ns < 1000) return `${ns.toFixed(ns < 100 ? 1 : 0)} ns`;
  return ns < 1e6 ? `${(ns / 1000).toFixed(ns < 1e4 ? 2 : 1)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
};

function blocks({ cells }, mark) {
  const names = workloads.filter((workload) => cells.some((cell) => cell.workload === workload));
  const peers = [...new Set(cells.map(({ peer }) => peer))];
  const cell = (direction, workload, peer) =>
    cells.find((it) => it.direction === direction && it.workload === workload && it.peer === peer);
  return directions.map((direction) => {
    const rows = peers.flatMap((peer) => {
      const row = names.map((workload) => cell(direction, workload, peer));
      const times = [peer, ...row.map((it) => (it === undefined ? "" : time(it.ns)))];
      if (!(peer in goalIndex)) return [times];
      const ratios = row.map((it) => (it?.cOver === undefined ? "" : ratio(it, mark)));
      return [times, [`${peer}: C's time over ours`, ...ratios]];
    });
    return [[direction, ...names], ...rows];
  });
}

function ratio({ cOver, goal }, mark) {
  const shown = cOver.toFixed(cOver < 10 ? 2 : 1);
  if (goal === undefined) return shown;
  // As near as the figure is shown.
  return cOver >= goal - 0.005 ? `${shown} (${goal})` : `${mark(shown)} (${goal})`;
}

function meanRows({ means }) {
  return [
    ["times as fast as", "encode", "decode", "both", "goal"],
    ...means.map(({ peer, encode, decode, both, goal }) => [
      peer,
      ...[encode, decode, both].map((it) => it.toFixed(1)),
      goal.toFixed(1),
    ]),
  ];
}

export function text(results) {
  const parts = blocks(results, (shown) => `${shown} <`).map(table);
  if (results.means.length > 0) parts.push(table(meanRows(results)));
  return parts.join("\n\n");
}

export function markdown(results, { about, runs, day }) {
  const lines = (rows) => {
    const ruler = rows[0].map((_, column) => (column === 0 ? "---" : "---:"));
    return [rows[0], ruler, ...rows.slice(1)].map((row) => `| ${row.join(" | ")} |`).join("\n");
  };
  const parts = blocks(results, (shown) => `**${shown}**`).map(lines);
  parts.push(lines(meanRows(results)));
  parts.push(
    `Elements and bytes: ${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}. Goals in brackets; what is bold misses its goal.`,
    `Medians of ${runs} runs by turns, ${day}, \`npm run bench:codec\`. ${about}.`,
  );
  return parts.join("\n\n");
}
