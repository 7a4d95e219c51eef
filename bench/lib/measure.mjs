// Measuring whole processes, for the benches.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

/** A folder for one bench; `use` gets its path, and it is removed in the end. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end. Throws where it fails: a figure of a failed run says nothing. */
function runOnce(command, args, options) {
  const { error, status, stderr } = spawnSync(command, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}`);
}

/**
 * A run of commands one after the other: milliseconds from the first one's start to the last one's end.
 * @param {readonly (readonly [string, readonly string[]])[]} commands
 */
export function measure(commands, options = {}) {
  const start = performance.now();
  for (const [command, args] of commands) runOnce(command, args, options);
  return { ms: performance.now() - start };
}

/**
 * A run of a program by this very Node, which tells its peak memory (the kernel's count, as getrusage has it) and its
 * processor time when it exits.
 */
export function measureNode(args, folder) {
  const hook = join(folder, "usage.cjs");
  const report = join(folder, "usage.json");
  writeFileSync(
    hook,
    `process.once("exit", () => require("node:fs").writeFileSync(${JSON.stringify(report)}, JSON.stringify(process.resourceUsage())));\n`,
  );
  const { ms } = measure([[process.execPath, ["--require", hook, ...args]]]);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(report, "utf8"));
  return { ms, cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMB: maxRSS / 1024 };
}

/** The middle one of each figure of several runs. */
export function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** What the figures were measured on. */
export function machine() {
  const [{ model } = { model: "?" }] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${model.trim()}, ${cpus().length} cores, ${gigabytes} GB, ${type()}, Node ${process.version}`;
}

/** Rows of cells as lines, the first column to the left and the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))))
    .map((cells) => cells.join("  "))
    .join("\n");
}
