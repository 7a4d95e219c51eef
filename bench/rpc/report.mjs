// The figures of bench:rpc as text, and as the tables of docs/performance.md.
import { table } from "../lib/measure.mjs";
import { groups, isReached, keyOf } from "./cases.mjs";

const whole = (number) => number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, " ");
const megabytes = ({ what }, perSecond) => (Number(what.slice(5)) * perSecond) / 1e6;

function show(it, figures) {
  if (it.figure === "p50Us") return figures.p50Us.toFixed(1);
  return it.what.startsWith("give:") ? whole(megabytes(it, figures.perSecond)) : whole(figures.perSecond);
}

/** A row for each pair: its figures are the medians of all runs, its ratio is the median of those of one run. */
export function rowsOf(pairs, results, ratios) {
  return pairs.map((pair) => {
    const ratio = ratios.get(pair);
    const wanted = pair.goal === undefined ? "" : `${pair.figure === "p50Us" ? "≤" : "≥"} ${pair.goal}`;
    const reached = pair.goal === undefined ? "" : isReached(pair, ratio) ? "yes" : "no";
    const figures = [pair.ours, pair.peer].map((it) => show({ ...it, figure: pair.figure }, results.get(keyOf(it))));
    return [pair.title, ...figures, ratio.toFixed(2), wanted, reached];
  });
}

const head = ["ours", "peer's", "ratio", "goal", "reached"];

export function text({ results, ratios, idle }) {
  const parts = groups.map(({ title, pairs }) => table([[title, ...head], ...rowsOf(pairs, results, ratios)]));
  return [...parts, idleText(idle)].join("\n\n");
}

export function markdown({ results, ratios, idle }, { about, runs, day }) {
  const line = (row) => `| ${row.join(" | ")} |`;
  const parts = groups.map(({ title, pairs }) => {
    const all = [[title, ...head], ["---", ...head.map(() => "---:")], ...rowsOf(pairs, results, ratios)];
    return all.map(line).join("\n");
  });
  const how = `Medians of ${runs} runs by turns, ${day}, \`npm run bench:rpc\`. ${about}.`;
  return [...parts, idleText(idle), how].join("\n\n");
}

function idleText({ ours, C }) {
  const ratio = ours.bytes / C.bytes;
  return (
    `Memory per idle connection, over tcp, of ${ours.connections} that have called once: ours ${(ours.bytes / 1024).toFixed(1)} KiB, ` +
    `libtirpc's ${(C.bytes / 1024).toFixed(1)} KiB (${ratio.toFixed(2)} times). Neither counts the kernel's.`
  );
}
