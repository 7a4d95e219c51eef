// One run of one row at one placement: a server, its client, and what that measures.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { C_CLIENTS, IDLE_MS, KIB, MIB, SHORT, durations } from "./rows.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** Far beyond what a client takes: it hangs, or its server has died. */
const timeout = 60_000;
const runFile = promisify(execFile);

/** The path of C's program. */
export function compile(folder) {
  const program = join(folder, "libtirpc");
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "libtirpc"], { encoding: "utf8" }).trim();
  execFileSync("gcc", ["-O2", "-o", program, join(here, "libtirpc.c"), ...flags.split(/\s+/)]);
  return program;
}

const pinned = (cpu, command) => (cpu === undefined ? command : ["taskset", "-c", String(cpu), ...command]);

/** Runs a client to its end. Throws where it fails: a figure of a failed run says nothing. */
async function output(cpu, command) {
  const [file, ...args] = pinned(cpu, command.map(String));
  const { stdout } = await runFile(file, args, { timeout, killSignal: "SIGKILL" });
  return stdout.trim();
}

/** A server, until `use` has ended; it gets the port or the path, and the process's id. */
async function withServer(program, { server, transport }, cpu, folder, use) {
  const path = join(folder, "s");
  const command = server === "C" ? [program, "server"] : [process.execPath, join(here, "server.mjs")];
  const [file, ...args] = pinned(cpu, [...command, transport, path]);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [address] = await once(createInterface({ input: child.stdout }), "line");
    return await use(address, child.pid);
  } finally {
    // Who listens at a path removes it, and what belongs to it, where it can.
    child.kill(server === "C" ? "SIGKILL" : "SIGTERM");
    await once(child, "exit");
    rmSync(path, { force: true });
  }
}

/** C's clients, a process each: the figures of one, or how many calls a second all have made. */
async function runC(program, transport, cpu, address) {
  const client = async (bytes, { warmMs, ms }) => {
    const line = await output(cpu, [program, "client", transport, address, bytes, warmMs, ms]);
    const [p50, p99, calls] = line.split(" ").map(Number);
    return { p50, p99, callsPerSecond: (calls / ms) * 1000 };
  };
  const figures = { null: await client(0, durations.null), kib: await client(KIB, durations.kib) };
  const all = await Promise.all(Array.from({ length: C_CLIENTS }, () => client(0, durations.load)));
  figures.load = all.reduce((sum, { callsPerSecond }) => sum + callsPerSecond, 0);
  if (!SHORT.has(transport)) figures.mib = await client(MIB, durations.mib);
  return figures;
}

async function figuresOf(program, row, placement, folder) {
  const { transport, client } = row;
  const ours = (address) =>
    output(placement.client, [
      process.execPath,
      join(here, "client.mjs"),
      client,
      transport,
      address,
      placement.server ?? "",
    ]);
  if (transport === "pipe") return JSON.parse(await ours("child"));
  return withServer(program, row, placement.server, folder, async (address) =>
    client === "C" ? runC(program, transport, placement.client, address) : JSON.parse(await ours(address)),
  );
}

/** The figures by flat names: `null.p50`, `null.p99`, `kib.p50`, `kib.p99`, `mib.p50`, `mib.p99` in nanoseconds, `load` in calls a second. */
export async function measureRow(program, row, placement, folder) {
  const figures = await figuresOf(program, row, placement, folder);
  const flat = {};
  for (const [name, value] of Object.entries(figures))
    if (typeof value === "number") flat[name] = value;
    else for (const part of ["p50", "p99"]) flat[`${name}.${part}`] = value[part];
  return flat;
}

/** Milliseconds that a process's threads have run, as the scheduler has counted. */
function processorMs(pid) {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

/** Processor time of both ends of a shm connection that nobody uses: milliseconds, of each end's main thread. */
export async function measureIdle(folder) {
  return withServer("", { server: "ours", transport: "shm" }, undefined, folder, async (address, server) => {
    const child = spawn(process.execPath, [join(here, "client.mjs"), "idle", "shm", address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(createInterface({ input: child.stdout }), "line");
      await pause(500); // what the compiler and the collector do behind the calls is none of the connection's
      const before = [processorMs(child.pid), processorMs(server)];
      await pause(IDLE_MS);
      return { client: processorMs(child.pid) - before[0], server: processorMs(server) - before[1] };
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
}
