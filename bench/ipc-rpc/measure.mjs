// RPC within a host: all rows at all placements, by turns.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { onPath } from "../../scripts/lib/process.mjs";
import { medians, withFolder } from "../lib/measure.mjs";
import { REFERENCE, goals, placements, rows } from "./rows.mjs";
import { compile, measureIdle, measureRow } from "./run.mjs";

/** What is missing here; undefined where nothing is. */
export function whyNot() {
  const program = ["gcc", "pkg-config", "taskset"].find((name) => !onPath(name));
  if (program !== undefined) return program;
  try {
    execFileSync("pkg-config", ["--exists", "libtirpc"]);
    return undefined;
  } catch {
    return "libtirpc's headers";
  }
}

/** The version of C's library. */
export const libtirpc = () =>
  `libtirpc ${execFileSync("pkg-config", ["--modversion", "libtirpc"], { encoding: "utf8" }).trim()}`;

/**
 * @param {number} runs
 * @param {(transport: string) => boolean} isWanted rows by their transport; what they are held against is measured in any case
 * @returns `results`, the medians of a row at a placement; `ratios`, those of the goals, `undefined` for what was not measured; `idle`
 */
export async function measureRpc(runs, isWanted) {
  const cases = placements
    .filter(({ client, server }) => Math.max(client ?? 0, server ?? 0) < cpus().length)
    .flatMap((placement) =>
      rows
        .filter(({ name, transport }) => name === REFERENCE || isWanted(transport))
        .map((row) => ({ row, placement, measured: [] })),
    );
  return withFolder(async (folder) => {
    const program = compile(folder);
    for (let run = 0; run < runs; run++)
      for (const { row, placement, measured } of cases) {
        const figures = await measureRow(program, row, placement, folder);
        const reference = cases.find((other) => other.row.name === REFERENCE && other.placement === placement);
        measured.push(figures);
        figures.ratio = figures["null.p50"] / reference.measured[run]["null.p50"];
      }
    const idle = isWanted("shm") ? await measureIdle(folder) : undefined;
    const results = cases.map(({ row, placement, measured }) => ({
      row: row.name,
      placement: placement.name,
      ...medians(measured),
    }));
    return { results, ratios: goals.map((goal) => ratioOf(goal, cases)), idle };
  });
}

/** The median over the runs of a goal's figure over the other's. */
function ratioOf({ figure, row, on, over: [otherRow, otherOn] }, cases) {
  const find = (name, placement) =>
    cases.find((each) => each.row.name === name && each.placement.name === placement)?.measured;
  const [own, other] = [find(row, on), find(otherRow, otherOn)];
  if (own === undefined || other === undefined) return undefined;
  return medians(own.map((figures, run) => ({ ratio: figures[figure] / other[run][figure] }))).ratio;
}
