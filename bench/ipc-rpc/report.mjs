// The figures as text, and as the table of docs/ipc.md.
import { table } from "../lib/measure.mjs";
import { C_CLIENTS, IDLE_MS, OUTSTANDING, REFERENCE, goals, rows } from "./rows.mjs";

const microseconds = (ns) => (ns === undefined ? "–" : (ns / 1000).toFixed(ns < 100_000 ? 1 : 0));
const pair = (result, name) =>
  result[`${name}.p50`] === undefined
    ? "–"
    : `${microseconds(result[`${name}.p50`])} / ${microseconds(result[`${name}.p99`])}`;
const thousands = (rate) => (rate === undefined ? "–" : `${(rate / 1000).toFixed(0)}k`);
/** Of the bytes that go one way. */
const megabytes = (ns) => (ns === undefined ? "–" : (((1024 * 1024) / ns) * 1000).toFixed(0));

const HEAD = [
  "",
  "",
  "null call, p50 / p99 µs",
  "over C's",
  "1 KiB echo, p50 / p99 µs",
  `calls/s, ${OUTSTANDING} at a time`,
  "1 MiB echo, MB/s",
];

const cells = (result) => [
  result.row,
  result.placement,
  pair(result, "null"),
  result.row === REFERENCE || result.ratio === undefined ? "" : result.ratio.toFixed(2),
  pair(result, "kib"),
  thousands(result.load),
  megabytes(result["mib.p50"]),
];

/** Each goal with what was reached, as far as it was measured. */
export function goalLines(ratios) {
  return goals.flatMap((goal, index) => {
    const ratio = ratios[index];
    if (ratio === undefined) return [];
    const { what, row, on, over, most, least } = goal;
    const [bound, holds] =
      least === undefined ? [`at most ${most.toFixed(2)}`, ratio <= most] : [`at least ${least}`, ratio >= least];
    return [
      `${holds ? "reached    " : "NOT REACHED"}  ${row} on ${on}: ${what} ${ratio.toFixed(2)} of ${over.join(" on ")}; ${bound}`,
    ];
  });
}

const idleLine = (idle) =>
  `A shm connection that nobody uses: in ${IDLE_MS / 1000} s its client took ${idle.client.toFixed(1)} ms of a processor, its server ${idle.server.toFixed(1)} ms.`;

const CLIENTS = `C's calls a second are those of ${C_CLIENTS} processes together, each of which waits for its reply.`;

export function text({ results, ratios, idle }) {
  const lines = [table([HEAD, ...results.map(cells)]), "", CLIENTS, "", ...goalLines(ratios)];
  return [...lines, ...(idle === undefined ? [] : ["", idleLine(idle)])].join("\n");
}

export function markdown({ results, idle }, about, runs) {
  const line = (row) => `| ${row.join(" | ")} |`;
  const ruler = HEAD.map((_, column) => (column < 2 ? "---" : "---:"));
  const sorted = rows.flatMap(({ name }) => results.filter(({ row }) => row === name));
  const notes = `Medians of ${runs} runs. "Over C's" is the median of the ratios to ${REFERENCE}'s p50 at the same placement in the same run. ${CLIENTS}`;
  return `${[HEAD, ruler, ...sorted.map(cells)].map(line).join("\n")}\n\n${notes} ${idle === undefined ? "" : `${idleLine(idle)} `}${about}.`;
}
