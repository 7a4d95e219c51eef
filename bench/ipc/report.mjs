// The bench's figures as text, and as the table of docs/ipc.md.
import { table } from "../lib/measure.mjs";
import { forms, goal } from "./mechanisms.mjs";

const microseconds = (ns) => `${(ns / 1000).toFixed(ns < 10_000 ? 2 : 1)} µs`;
const rate = (bytes) => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB/s` : `${(bytes / 1e9).toFixed(1)} GB/s`);
const times = (ratio) => `${ratio.toFixed(2)} x`;

/** As ratios are read: ours over C's, above 1 where C is better, for a time and for a rate. */
const slower = (result, form) => ({
  latency: result[`${form}.latencyRatio`],
  bandwidth: 1 / result[`${form}.bandwidthRatio`],
});

export function text(results) {
  const head = ["64 bytes, round trip", "", "C", "blocking", "", "", "loops", "", ""];
  const latency = results.map((result) => [
    result.mechanism,
    result.placement,
    microseconds(result["c.latencyNs"]),
    ...forms.flatMap((form) => [
      microseconds(result[`${form}.latencyNs`]),
      times(slower(result, form).latency),
      kept(result, form),
    ]),
  ]);
  const bandwidth = results.map((result) => [
    result.mechanism,
    result.placement,
    rate(result["c.bytesPerSecond"]),
    ...forms.flatMap((form) => [rate(result[`${form}.bytesPerSecond`]), times(slower(result, form).bandwidth), ""]),
  ]);
  return `${table([head, ...latency])}\n\n${table([["64 KiB, bandwidth", ...head.slice(1)], ...bandwidth])}`;
}

function kept(result, form) {
  const most = goal(result.mechanism, result.placement, form);
  if (most === undefined) return "";
  return slower(result, form).latency <= most ? `<= ${most}` : `NOT <= ${most}`;
}

/** A row for each mechanism and placement, with C's time beside ours. */
export function markdown(results, about, runs) {
  const cells = (name, value, ratio) => forms.map((form) => `${value(name, form)} (${ratio(form)})`);
  const rows = results.map((result) => {
    const latency = cells(
      "latencyNs",
      (name, form) => microseconds(result[`${form}.${name}`]),
      (form) => slower(result, form).latency.toFixed(1),
    );
    const bandwidth = forms.map((form) => rate(result[`${form}.bytesPerSecond`]));
    const c = [microseconds(result["c.latencyNs"]), rate(result["c.bytesPerSecond"])];
    return [result.mechanism, result.placement, c[0], ...latency, c[1], ...bandwidth];
  });
  const head = ["", "", "C", "blocking", "event loops", "C, 64 KiB", "blocking", "event loops"];
  const line = (row) => `| ${row.join(" | ")} |`;
  const ruler = head.map((_, column) => (column < 2 ? "---" : "---:"));
  return `${[head, ruler, ...rows].map(line).join("\n")}\n\nMedians of ${runs} runs, and beside ours the ratio to C's time just before and behind. ${about}.`;
}
