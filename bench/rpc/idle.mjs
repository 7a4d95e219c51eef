// Memory of connections that do nothing: what the server's process grows by with each, after one call.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Server, residentKB } from "./programs.mjs";

const CONNECTIONS = 900; // libtirpc's server takes no descriptor beyond FD_SETSIZE

/** Bytes for each, of our server and of libtirpc's. */
export async function idleMemory(programs, folder) {
  const bytes = {};
  for (const kind of ["C", "ours"]) bytes[kind] = await grown(programs, folder, kind);
  return bytes;
}

async function grown(programs, folder, kind) {
  const path = join(folder, `${kind}-idle.sock`);
  const server = await Server.start(programs.servers[kind](path), path, 2);
  try {
    // What the first connections load and compile is no connection's own.
    const first = await held(programs, server, 100);
    const before = residentKB(server.pid);
    const others = await held(programs, server, CONNECTIONS);
    const after = residentKB(server.pid);
    await Promise.all([first.end(), others.end()]);
    return { bytes: ((after - before) * 1024) / CONNECTIONS, connections: CONNECTIONS };
  } finally {
    await server.stop();
  }
}

async function held(programs, server, connections) {
  const [program, ...args] = programs.idle({ netid: "tcp", address: server.addressOf("tcp"), connections });
  const child = spawn(program, args.map(String), { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended]);
  if (line !== "ready") throw new Error("idle connections were not taken");
  return {
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
