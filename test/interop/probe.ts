import { connect } from "tsrpcgen/runtime";
import type { ConnectOptions, Netid, RpcConnection } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { PROBE_ONE, PROBE_PROG } from "./gen/probe.ts";
import { Running } from "./process.ts";

export const TRANSPORTS = ["tcp", "udp", "local"] as const;

/** The C server of probe.x, until it is disposed. */
export async function probeServer(path: string): Promise<Running> {
  const server = new Running((await cPrograms()).probe_server, [path]);
  await server.line((line) => line === "ready");
  return server;
}

/** A connection to whoever serves probe.x on this host. */
export function toProbe(transport: Netid, options: ConnectOptions = {}): Promise<RpcConnection> {
  return connect({ program: PROBE_PROG, version: PROBE_ONE }, { host: "localhost", transport, ...options });
}
