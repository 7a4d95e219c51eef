// One run of one case: C's two processes, or ours.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeRemains } from "./channels.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Far beyond what a run takes: it hangs, or its other process has died. */
const timeoutMs = 60_000;
const LARGE = 65_536;

/** The path of C's program. */
export function compile(folder) {
  const program = join(folder, "primitives");
  execFileSync("gcc", ["-O2", "-o", program, join(here, "primitives.c"), "-lrt", "-pthread"]);
  return program;
}

export function runC(program, { c }, { cpus }, { latency, bandwidth }) {
  const measure = (what, count) => Number(runToEnd(program, [c, what, count, ...cpus].map(String)));
  return { latencyNs: measure("latency", latency), bytesPerSecond: measure("bandwidth", bandwidth) };
}

export function runOurs({ name, piece = LARGE }, form, { cpus: [cpuA, cpuB] }, { latency, bandwidth }) {
  const args = ["A", name, form, latency, bandwidth, piece, cpuB].map(String);
  const output = runToEnd("taskset", ["-c", String(cpuA), process.execPath, join(here, "node-peer.mjs"), ...args]);
  return JSON.parse(output.trim().split("\n").at(-1));
}

/** Throws where it fails: a figure of a failed run says nothing. */
function runToEnd(command, args) {
  const options = { encoding: "utf8", timeout: timeoutMs, killSignal: "SIGKILL", stdio: ["ignore", "pipe", "inherit"] };
  const { error, status, stdout } = spawnSync(command, args, options);
  if (error === undefined && status === 0) return stdout;
  removeLeft(stdout ?? "");
  throw error ?? new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

/** What a process that failed has told that it would leave. */
function removeLeft(output) {
  for (const line of output.split("\n").filter((line) => line.startsWith('{"remains"')))
    try {
      removeRemains(JSON.parse(line).remains);
    } catch (error) {
      // It has removed it itself.
      if (error.code !== "EINVAL" && error.code !== "EIDRM") throw error;
    }
}
