/** Where the portmapper is. */
import { RpcError } from "../error.ts";
import { isThisHost } from "../host.ts";
import { PMAP_PORT } from "./gen/pmap_prot.ts";

/** The portmapper's UNIX socket on this host. */
export const RPCBIND_SOCKET = "/run/rpcbind.sock";

/** A portmapper at a port of a host (default: the host that is connected to, or this one), or at a UNIX socket. */
export type PortmapAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

/**
 * Whether and where to ask a portmapper.
 *
 * - `"auto"` (default): where `TSRPC_PORTMAP` says, else at port 111 and `/run/rpcbind.sock`. A server that finds none
 *   goes on without.
 * - `"required"`: the same, but a server that finds none fails.
 * - `"off"`: none is asked; a client then needs the port, or the path.
 * - an address: that one.
 */
export type Portmap = "auto" | "required" | "off" | PortmapAddress;

/** The ways to a portmapper, of which either may be missing. */
export interface PortmapWays {
  readonly inet: { readonly host: string; readonly port: number } | undefined;
  readonly path: string | undefined;
}

/**
 * The ways to the portmapper of a host. `TSRPC_PORTMAP` (`host:port`, or the path of a socket) is about this host, or
 * the host that it names: it does not redirect calls to others.
 */
export function portmapWays(host: string, portmap: Portmap): PortmapWays {
  if (typeof portmap === "object") {
    return "path" in portmap
      ? { inet: undefined, path: portmap.path }
      : { inet: { host: portmap.host ?? host, port: portmap.port }, path: undefined };
  }
  const here = isThisHost(host);
  const set = process.env.TSRPC_PORTMAP;
  if (set !== undefined && set !== "") {
    const address = parsePortmap(set);
    if ("path" in address) {
      if (here) return { inet: undefined, path: address.path };
    } else if (here || address.host === host) return { inet: { ...address }, path: undefined };
  }
  return { inet: { host, port: PMAP_PORT }, path: here ? RPCBIND_SOCKET : undefined };
}

/** Reads `host:port`, `[IPv6]:port`, or the path of a socket. Throws `RPC_RPCBFAILURE` for anything else. */
export function parsePortmap(text: string): { host: string; port: number } | { path: string } {
  if (text.startsWith("/")) return { path: text };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port > 0 && port < 65_536)) {
    throw new RpcError("RPC_RPCBFAILURE", `TSRPC_PORTMAP is ${JSON.stringify(text)}, neither host:port nor a path`);
  }
  return { host, port };
}
