// The bench's figures as text, and as the table of docs/tsrpcbind.md.
import { table } from "../lib/measure.mjs";

const whole = (number) => number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, " ");
const rate = (number) => `${whole(number)} /s`;
const ms = (number) => `${number.toFixed(1)} ms`;
const us = (number) => `${number.toFixed(0)} µs`;
const megabytes = (number) => `${number.toFixed(0)} MB`;

const lookups = (over) => [
  { key: `${over}.perSecond`, name: `${over}: lookups`, show: rate },
  { key: `${over}.p50Ms`, name: `${over}: half of them within`, show: ms },
  { key: `${over}.p99Ms`, name: `${over}: 99 % within (p99)`, show: ms },
  { key: `${over}.cpuUs`, name: `${over}: processor time, each`, show: us },
  ...(over === "udp"
    ? [{ key: `${over}.repeated`, name: `${over}: lost, and sent again after 1 s`, show: whole }]
    : []),
  ...(over === "tcp"
    ? [{ key: `${over}.lostClients`, name: `${over}: connections that were ended`, show: whole }]
    : []),
  { key: `${over}.unanswered`, name: `${over}: never answered`, show: whole },
];

const lines = [
  { key: "set.perSecond", name: "registrations, one after the other", show: rate },
  ...lookups("udp"),
  ...lookups("tcp"),
  { key: "memory.start", name: "memory at the start", show: megabytes },
  { key: "memory.registered", name: "memory with the registrations", show: megabytes },
  { key: "memory.end", name: "memory after the lookups", show: megabytes },
  { key: "memory.most", name: "memory at most", show: megabytes },
];

/** Ours over rpcbind's, of one run. A count of 0 on either side has none. */
export function ratiosOf(ours, real) {
  return Object.fromEntries(Object.keys(ours).map((key) => [key, ours[key] / real[key]]));
}

function rows({ tsrpcbind, rpcbind, ratios }) {
  const ratio = ({ key }) => (Number.isFinite(ratios?.[key]) && ratios[key] > 0 ? `${ratios[key].toFixed(2)} x` : "");
  return lines.map((line) => [
    line.name,
    line.show(tsrpcbind[line.key]),
    rpcbind === undefined ? "" : line.show(rpcbind[line.key]),
    ratio(line),
  ]);
}

const head = ["10 000 registrations, 1000 clients at once, 100 000 lookups", "tsrpcbind", "rpcbind", "ratio"];

export function text(results) {
  return table([head, ...rows(results)]);
}

export function markdown(results, { about, runs, day }) {
  const line = (row) => `| ${row.join(" | ")} |`;
  const all = [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows(results)];
  return `${all.map(line).join("\n")}\n\nMedians of ${runs} runs by turns, ${day}, \`npm run bench:portmapper\`. ${about}.`;
}
