// The curves of bench:growth as text, as pictures, and as the tables of docs/performance.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "../lib/measure.mjs";
import { plot } from "../lib/svg.mjs";

function number(value) {
  if (value === undefined) return "";
  if (value < 100) return String(Number(value.toPrecision(3)));
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, " ");
}

function rowsOf({ x, charts }) {
  const columns = charts.flatMap(({ y, series }) =>
    series.map(({ name, points }) => ({ title: `${name}: ${y}`, points })),
  );
  const steps = [...new Set(columns.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const cell = (points, step) => number(points.find(([at]) => at === step)?.[1]);
  return [
    [x, ...columns.map(({ title }) => title)],
    ...steps.map((step) => [number(step), ...columns.map(({ points }) => cell(points, step))]),
  ];
}

/** Of times, how they grow: 1 is as the number itself does. From the first step to the last, and between two at most. */
function growthOf({ charts }) {
  const exponent = ([x, y], [toX, toY]) => Math.log(toY / y) / Math.log(toX / x);
  return charts
    .filter(({ y }) => y.endsWith("µs"))
    .flatMap(({ y, series }) =>
      series.map(({ name, points }) => {
        const steps = points.slice(1).map((point, i) => exponent(points[i], point));
        const all = exponent(points[0], points.at(-1));
        return `${name}, ${y.replace(", µs", "")}: n^${all.toFixed(2)} in all, n^${Math.max(...steps).toFixed(2)} between two steps at most`;
      }),
    );
}

export function text(curves) {
  return curves.map((curve) => [curve.title, table(rowsOf(curve)), ...growthOf(curve)].join("\n")).join("\n\n");
}

const fileOf = (curve, chart) => `growth-${curve.name}-${chart.id}.svg`;

/** One picture for each chart. */
export function drawInto(folder, curves) {
  mkdirSync(folder, { recursive: true });
  for (const curve of curves)
    for (const chart of curve.charts) {
      const { y, series } = chart;
      writeFileSync(join(folder, fileOf(curve, chart)), plot({ title: curve.title, x: curve.x, y, series }));
    }
}

export function markdown(curves) {
  const line = (row) => `| ${row.join(" | ")} |`;
  const parts = curves.map((curve) => {
    const [head, ...rows] = rowsOf(curve);
    const pictures = curve.charts.map((chart) => `![${curve.title}: ${chart.y}](img/${fileOf(curve, chart)})`);
    const lines = [head, head.map(() => "---:"), ...rows].map(line);
    const growth = growthOf(curve).map((each) => `- ${each}`);
    return [`### ${curve.title}`, pictures.join("\n"), lines.join("\n"), growth.join("\n")].join("\n\n");
  });
  return parts.join("\n\n");
}
