/** Ports below 1024 for clients, by which a server tells that root calls (C's bindresvport). */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { randomInt } from "node:crypto";
import type { RpcAddress } from "./address.ts";
import { RpcError, reason, systemCode } from "./error.ts";

/** As in libtirpc: these are tried first, the lower ones where all of these are taken. */
const FIRST = { lowest: 600, highest: 1023 };
const THEN = { lowest: 512, highest: 599 };
/** Ports that belong to services which may not have started yet. */
const BLACKLIST = "/etc/bindresvport.blacklist";

/**
 * Opens a socket on a reserved port: `open` binds to the one that it gets, and rejects with the system's error; where the port
 * is taken the next one is tried, from a random one on. Rejects with `RPC_CANTCONNECT`: where the process may not bind such a
 * port (the `cause` is `EACCES`), or where none is free (`EADDRINUSE`); with `open`'s own error for anything else.
 */
export async function withReservedPort<T>(to: RpcAddress, open: (port: number) => Promise<T>): Promise<T> {
  let taken: unknown;
  for (const port of reservedPorts(await blacklist())) {
    try {
      return await open(port);
    } catch (cause) {
      taken = isTaken(to, port, cause);
    }
  }
  throw noneFree(to, taken);
}

/** The same with the thread waiting. Throws as that rejects. */
export function withReservedPortSync<T>(to: RpcAddress, open: (port: number) => T): T {
  let taken: unknown;
  for (const port of reservedPorts(blacklistSync())) {
    try {
      return open(port);
    } catch (cause) {
      taken = isTaken(to, port, cause);
    }
  }
  throw noneFree(to, taken);
}

/** The error, where another port may do. Throws where none will. */
function isTaken(to: RpcAddress, port: number, cause: unknown): unknown {
  if (systemCode(cause) === "EACCES") {
    const text = `can't bind port ${port}: ports below 1024 need root, or CAP_NET_BIND_SERVICE: ${reason(cause)}`;
    throw new RpcError("RPC_CANTCONNECT", text, { peer: to, cause });
  }
  // Node binds tcp with SO_REUSEADDR, so that a port whose connection to the same peer lives on or lingers fails when it
  // connects, with EADDRNOTAVAIL.
  if (systemCode(cause) !== "EADDRINUSE" && systemCode(cause) !== "EADDRNOTAVAIL") throw cause;
  return cause;
}

function noneFree(to: RpcAddress, taken: unknown): RpcError {
  return new RpcError("RPC_CANTCONNECT", `no reserved port is free: ${reason(taken)}`, { peer: to, cause: taken });
}

/** The ports in the order in which they are tried. */
export function* reservedPorts(
  left: ReadonlySet<number>,
  random: (below: number) => number = randomInt,
): Generator<number, void> {
  for (const { lowest, highest } of [FIRST, THEN]) {
    const count = highest - lowest + 1;
    const start = random(count);
    for (let at = 0; at < count; at++) {
      const port = lowest + ((start + at) % count);
      if (!left.has(port)) yield port;
    }
  }
}

/** The ports that the system's administrator keeps free: one a line, with comments behind `#`. */
export async function blacklist(file: string = BLACKLIST): Promise<ReadonlySet<number>> {
  try {
    return portsOf(await readFile(file, "utf8"));
  } catch {
    return new Set(); // most systems have none
  }
}

function blacklistSync(): ReadonlySet<number> {
  try {
    return portsOf(readFileSync(BLACKLIST, "utf8"));
  } catch {
    return new Set();
  }
}

function portsOf(text: string): ReadonlySet<number> {
  const lines = text.split("\n");
  return new Set(lines.map((line) => parseInt(line, 10)).filter((port) => port > 0));
}
