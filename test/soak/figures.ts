/** What a soak looks at. */
import { settledBytes } from "../runtime/memory.ts";
import { threadsAndDescriptors } from "./ipc.ts";
import type { Traffic } from "./traffic.ts";

export interface Figures {
  readonly heapBytes: number;
  readonly heldBytes: number;
  readonly rssBytes: number;
  /** Sockets, servers and timers of the process. */
  readonly handles: number;
  /** Calls that wait for a reply, of the connections that stay. */
  readonly outstanding: number;
  /** Calls that the server runs. */
  readonly running: number;
  readonly connections: number;
  readonly threads: number;
  readonly descriptors: number;
}

const MIB = 1024 * 1024;

/** What may be added between the looks: the collector's and the allocator's own ways, not a leak of each call. */
const SLACK: Readonly<Figures> = {
  heapBytes: 8 * MIB,
  heldBytes: 12 * MIB,
  rssBytes: 64 * MIB,
  handles: 0,
  outstanding: 0,
  running: 0,
  connections: 0,
  threads: 0,
  descriptors: 0,
};

/** The figures while nothing is under way. */
export async function figures(traffic: Pick<Traffic, "rest" | "outstanding" | "server">): Promise<Figures> {
  await traffic.rest();
  const heldBytes = await settledBytes();
  const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((kind) => kind !== "TTYWrap" && kind !== "PipeWrap").length;
  const { outstanding, server } = traffic;
  return {
    heapBytes,
    heldBytes,
    rssBytes,
    handles,
    outstanding,
    running: server.stats().running,
    connections: server.connections,
    ...threadsAndDescriptors(),
  };
}

export function show(when: string, all: Figures): string {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  const { heapBytes, heldBytes, rssBytes, handles, outstanding, running, connections, threads, descriptors } = all;
  const memory = `heap ${mib(heapBytes)}, heap and buffers ${mib(heldBytes)}, RSS ${mib(rssBytes)}`;
  const calls = `xid tables ${outstanding}, running ${running}, server connections ${connections}`;
  return `${when}: ${memory}; handles ${handles}, threads ${threads}, descriptors ${descriptors}, ${calls}`;
}

/** What has grown, in words. */
export function grown(first: Figures, last: Figures): string[] {
  return (Object.keys(SLACK) as (keyof Figures)[])
    .filter((key) => last[key] > first[key] + SLACK[key])
    .map((key) => `${key} grew from ${first[key]} to ${last[key]}, and may grow by ${SLACK[key]}`);
}
