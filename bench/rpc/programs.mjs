// What bench:rpc is made of: C's programs by rpcgen and gcc, our stubs by tsrpcgen, servers that run, and clients that are
// run, each on the processors that a case says.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { onPath } from "../../scripts/lib/process.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
/** Far beyond what a client takes: it hangs. */
const TIMEOUT_MS = 120_000;

/** Compiles C's programs: paths of `peer` and `load`. */
export function compileC(folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(here, "bench.x"), join(folder, "bench.x"));
  const outputs = { "-h": "bench.h", "-c": "bench_xdr.c", "-l": "bench_clnt.c", "-m": "bench_svc.c" };
  for (const [flag, output] of Object.entries(outputs)) {
    rmSync(join(folder, output), { force: true });
    execFileSync("rpcgen", ["-C", flag, "-o", output, "bench.x"], { cwd: folder });
  }
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "libtirpc"], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  const [peer, load] = [join(folder, "peer"), join(folder, "load")];
  const sources = [join(here, "peer.c"), "bench_xdr.c", "bench_clnt.c", "bench_svc.c"];
  // -w: what rpcgen writes has unused variables.
  execFileSync("gcc", ["-O2", "-w", "-I", folder, "-o", peer, ...sources, ...flags], { cwd: folder });
  execFileSync("gcc", ["-O2", "-o", load, join(here, "load.c")]);
  return { peer, load };
}

/** Our stubs and skeleton as a user gets them, compiled to JavaScript in a folder of its own. */
export function generateOurs(folder, input = join(here, "bench.x"), options = ["--sync"]) {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  if (!existsSync(join(folder, "node_modules/tsrpcgen"))) symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  execFileSync(process.execPath, [join(root, "bin/tsrpcgen.js"), ...options, "-o", folder, input]);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".ts"))) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, name), "utf8"), { compilerOptions });
    writeFileSync(join(folder, name.replace(/ts$/, "js")), outputText);
  }
  return folder;
}

const node = (program, ...args) => [process.execPath, join(here, program), ...args];

/** The programs of a run, by their kind. */
export function programsOf({ peer, load }, generated) {
  return {
    servers: {
      C: (path) => [peer, "server", path],
      ours: (path) => node("server.mjs", path, generated),
      echo: (path) => node("echo.mjs", "server", path),
      grpc: () => node("grpc.mjs", "server"),
    },
    clients: {
      C: ({ netid, address, what, seconds }) => [peer, "client", netid, address, what, seconds],
      "C processes": ({ netid, address, connections, what, seconds }) => [
        peer,
        "clients",
        netid,
        address,
        what,
        seconds,
        connections,
      ],
      load: ({ netid, address, connections, outstanding, what, seconds }) => [
        load,
        netid,
        address,
        connections,
        outstanding,
        what,
        seconds,
      ],
      ours: ({ netid, address, connections, outstanding, what, seconds }) =>
        node("client.mjs", netid, address, connections, outstanding, what, seconds, generated),
      echo: ({ netid, address, connections, outstanding, what, seconds }) =>
        node("echo.mjs", "client", netid, address, connections, outstanding, what, seconds),
      grpc: ({ address, connections, outstanding, what, seconds }) =>
        node("grpc.mjs", "client", address, connections, outstanding, what, seconds),
    },
    idle: ({ netid, address, connections }) => [peer, "idle", netid, address, connections],
  };
}

/** Our server in several processes. */
export function clusterOf(workers, generated) {
  return node("cluster.mjs", workers, generated);
}

/** Of a package that ours is measured beside. */
export function peerVersion(name) {
  return JSON.parse(readFileSync(join(here, "../node_modules", name, "package.json"), "utf8")).version;
}

/** What this machine lacks to run it all; undefined where it has it. */
export function missingTool() {
  if (process.platform !== "linux") return "Linux";
  if (cpus().length < 2) return "two cores";
  return ["gcc", "rpcgen", "pkg-config", "taskset"].find((program) => !onPath(program));
}

/** A process that serves, until it is stopped. */
export class Server {
  #child;
  #path;
  #ports;

  constructor(child, path, ports) {
    this.#child = child;
    this.#path = path;
    this.#ports = ports;
  }

  /** @param lines how many it prints when it is ready: its ports */
  static async start(command, path, lines) {
    const [program, ...args] = command;
    rmSync(path, { force: true });
    const child = spawn(program, args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
    const ports = [];
    for await (const line of createInterface({ input: child.stdout })) if (ports.push(line) === lines) break;
    if (ports.length < lines) throw new Error(`${command.join(" ")} does not start`);
    return new Server(child, path, ports);
  }

  get pid() {
    return this.#child.pid;
  }

  addressOf(netid) {
    if (netid === "tcp") return this.#ports[0];
    return netid === "udp" ? this.#ports[1] : this.#path;
  }

  /** All its threads, wherever they were. */
  pin(processors) {
    execFileSync("taskset", ["-apc", processors, String(this.pid)], { stdio: "ignore" });
  }

  /** Microseconds of processor time of all its threads so far. */
  cpuUs() {
    const tasks = readdirSync(`/proc/${this.pid}/task`);
    const nanoseconds = (task) =>
      Number(readFileSync(`/proc/${this.pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    return tasks.reduce((sum, task) => sum + nanoseconds(task), 0) / 1000;
  }

  async stop() {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

/** Runs a client to its end, and gives what it prints. */
export async function runClient(command, processors) {
  const args = ["-c", processors, ...command.map(String)];
  const { stdout } = await promisify(execFile)("taskset", args, { timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
  return JSON.parse(stdout);
}

/** Kilobytes that a process holds in memory. */
export function residentKB(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}
