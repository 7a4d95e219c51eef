/**
 * What is forked: `client PATH` connects by shm, calls, and goes on calling; `server` serves, and answers RUN with its process id, with that of
 * a process that it has forked and that outlives it (1), or never (-1).
 */
import { fork } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BoundAddress, RpcServer, connect } from "../../src/runtime/index.ts";
import { ECHO, SERVICE, testService } from "./support.ts";

/** What it tells its parent. */
export interface Forked {
  /** Memory of shm that it has from its parent. */
  readonly inherited?: readonly string[];
  readonly transport?: string;
  readonly value?: number;
  readonly path?: string;
  readonly pid?: number;
}

function tell(what: Forked): void {
  process.send?.(what);
}

/** Memory of shm that is open or mapped here. */
function inherited(): string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // of the reading itself
    }
  });
  return links.filter((link) => link.includes("tsrpcgen-shm"));
}

async function serve(): Promise<void> {
  const run = (arg: number): number | Promise<number> => {
    if (arg === -1) return new Promise(() => undefined);
    if (arg === 0) return process.pid;
    const child = fork(fileURLToPath(import.meta.url), ["waits"], { detached: true, stdio: "ignore" });
    child.unref();
    return child.pid ?? 0;
  };
  const server = new RpcServer().add(testService(run));
  const [bound] = (await server.listen({ tcp: false, udp: false, portmap: "off" })) as [BoundAddress];
  tell({ path: bound.path, pid: process.pid });
}

const [role, path = ""] = process.argv.slice(2);
switch (role) {
  case "client": {
    const before = inherited();
    const connection = await connect(SERVICE, { path, transport: "shm", reconnect: false });
    tell({ inherited: before, transport: connection.transport, value: await connection.call(ECHO, 7) });
    for (let i = 0; ; i++) await connection.call(ECHO, i);
  }
  case "server":
    await serve();
    break;
  default:
    setInterval(() => undefined, 1000);
}
