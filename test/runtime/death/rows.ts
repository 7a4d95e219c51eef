/** The transports over which the tests of death run. A new transport is a new row. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { listSysv } from "../../../src/ipc/index.ts";
import {
  type ConnectOptions,
  type ListenTransports,
  type PathTransport,
  type RpcConnection,
  connect,
  spawnServer,
} from "../../../src/runtime/index.ts";
import { freePort } from "../../interop/free-port.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { SERVICE } from "../support.ts";
import { type Child, startChild } from "./child.ts";

/** Where a server listens, and how it is reached. It can be told to another process. */
export interface Place {
  readonly listen: ListenTransports;
  readonly connect: ConnectOptions;
}

export interface DeathRow {
  readonly name: string;
  /** Why this host does not have it; undefined where it does. */
  readonly missing?: string | undefined;
  /** In an empty folder. Undefined where a server has no place, and belongs to its client. */
  place?(folder: string): Promise<Place>;
  /** Starts a process that serves, and gives the way to it, as far as it comes. */
  serve(place: Place | undefined): Promise<{ readonly child: Child; readonly connect: () => Promise<RpcConnection> }>;
  /** Names in the file system and objects of the kernel that are there for a server's sake, and in its folder. */
  left(folder: string): string[];
}

/** What is in a folder. */
function names(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
}

function socketRow(name: string, place: (folder: string) => Promise<Place>, more: Partial<DeathRow> = {}): DeathRow {
  return {
    name,
    place,
    serve: async (at) => {
      if (at === undefined) throw new Error("a server has a place");
      const child = await startChild("server", at);
      return { child, connect: () => connect(SERVICE, { ...at.connect, reconnect: false, timeoutMs: 20_000 }) };
    },
    left: names,
    ...more,
  };
}

function pathRow(name: PathTransport, more: Partial<DeathRow> = {}): DeathRow {
  const place = (folder: string): Promise<Place> => {
    const path = join(folder, "s");
    return Promise.resolve({ listen: { [name]: { path } }, connect: { transport: name, path } });
  };
  return socketRow(name, place, {
    missing: process.platform === "linux" ? whyNoAddon() : "written for Linux",
    ...more,
  });
}

const queuesBefore = whyNoAddon() === undefined && process.platform === "linux" ? queues().map(({ id }) => id) : [];

/** Those of this user that only he may use. */
function queues(): { readonly id: number; readonly messages: number }[] {
  const uid = process.geteuid?.();
  return listSysv().messageQueues.filter((queue) => queue.uid === uid && queue.mode === 0o600 && queue.key !== 0);
}

const PIPE: DeathRow = {
  name: "pipe",
  serve: async () => {
    const spawned = await spawnServer(process.execPath, [startChild.program, "pipe"], {
      timeoutMs: 20_000,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return { child: await startChild.of(spawned.process), connect: () => Promise.resolve(spawned.connection) };
  },
  left: names,
};

export const DEATH_ROWS: readonly DeathRow[] = [
  socketRow("tcp", async () => {
    const port = await freePort();
    const at = { host: "127.0.0.1", port };
    return { listen: { tcp: at }, connect: { ...at, transport: "tcp" } };
  }),
  socketRow("local", (folder) => {
    const path = join(folder, "s");
    return Promise.resolve({ listen: { local: { path } }, connect: { transport: "local", path } });
  }),
  socketRow(
    "shm",
    (folder) => {
      const path = join(folder, "s");
      return Promise.resolve({ listen: { local: { path } }, connect: { transport: "shm", path } });
    },
    { missing: process.platform === "linux" ? whyNoAddon() : "shm needs Linux" },
  ),
  pathRow("sysvmq", {
    left: (folder) => [
      ...names(folder),
      ...queues()
        .filter(({ id }) => !queuesBefore.includes(id))
        .map(({ id, messages }) => `queue ${id}: ${messages} messages`),
    ],
  }),
  pathRow("fifo"),
  pathRow("local-dgram"),
  PIPE,
];
