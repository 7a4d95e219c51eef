// One run: a portmapper at port 111 of namespaces that are its own, the load, and what it took. Prints JSON.
//
//   run.mjs tsrpcbind|rpcbind LOAD        LOAD: the path of load.c's program
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const REGISTRATIONS = 10_000;
const CLIENTS = 1000;
const LOOKUPS = 100_000;
const START_MS = 20_000;
const SOCKET = "/run/rpcbind.sock";
/** Of the kernel's clock in /proc/PID/stat: USER_HZ, on every machine of today. */
const TICKS_PER_SECOND = 100;

const [kind, load] = process.argv.slice(2);
const commands = {
  tsrpcbind: [
    process.execPath,
    fileURLToPath(new URL("../../bin/tsrpcbind.js", import.meta.url)),
    "--log-level",
    "warn",
  ],
  rpcbind: [existsSync("/usr/sbin/rpcbind") ? "/usr/sbin/rpcbind" : "rpcbind", "-f"],
};

/** Resolves when it takes calls: neither says so in the same way. */
async function started(child) {
  for (const end = Date.now() + START_MS; ;) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`${kind} does not start`);
    const socket = connect({ path: SOCKET });
    try {
      await once(socket, "connect");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}

/** Megabytes that it holds in memory, and the most that it ever held. */
function memory({ pid }) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [now, most] = ["VmRSS", "VmHWM"].map(
    (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)[1]) / 1024,
  );
  return { now, most };
}

/** Milliseconds of processor time that it has taken, of both kinds. */
function cpuMs({ pid }) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13)
    .map(Number);
  return ((user + system) * 1000) / TICKS_PER_SECOND;
}

async function loaded(...args) {
  const { stdout } = await promisify(execFile)(load, args.map(String));
  return JSON.parse(stdout);
}

const [command, ...args] = commands[kind];
const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
const ended = once(child, "close");
try {
  await started(child);
  const figures = { "memory.start": memory(child).now };
  const { seconds } = await loaded("set", REGISTRATIONS);
  figures["set.perSecond"] = REGISTRATIONS / seconds;
  figures["memory.registered"] = memory(child).now;
  for (const over of ["udp", "tcp"]) {
    const before = cpuMs(child);
    const done = await loaded("lookup", over, CLIENTS, LOOKUPS, REGISTRATIONS);
    figures[`${over}.perSecond`] = done.answered / done.seconds;
    figures[`${over}.p50Ms`] = done.p50Us / 1000;
    figures[`${over}.p99Ms`] = done.p99Us / 1000;
    figures[`${over}.cpuUs`] = ((cpuMs(child) - before) * 1000) / done.answered;
    figures[`${over}.unanswered`] = LOOKUPS - done.answered;
    figures[`${over}.lostClients`] = done.lostClients;
    figures[`${over}.repeated`] = done.retransmissions;
  }
  const { now, most } = memory(child);
  figures["memory.end"] = now;
  figures["memory.most"] = most;
  console.log(JSON.stringify(figures));
} finally {
  child.kill();
  await ended;
}
