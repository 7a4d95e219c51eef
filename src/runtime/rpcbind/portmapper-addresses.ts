import { type Netid, RpcAddress } from "../address.ts";
import { RpcError } from "../error.ts";
import { resolveHost } from "../host.ts";
import { type PortmapAddress, portmapWays } from "./portmap.ts";

/**
 * The addresses of a host's portmapper on a transport, in the order in which to try them. Without a transport: its socket, where there
 * is one, then tcp. Rejects with `RPC_UNKNOWNHOST`, or `RPC_UNKNOWNPROTO` where it has no address of that transport.
 */
export async function portmapperAddresses({
  host = "localhost",
  transport,
  portmap = "auto",
}: {
  readonly host?: string;
  readonly transport?: Netid;
  readonly portmap?: "auto" | PortmapAddress;
}): Promise<RpcAddress[]> {
  const { path, inet } = portmapWays(host, portmap);
  const local = path !== undefined && (transport ?? "local") === "local" ? [RpcAddress.local(path)] : [];
  if (transport === "local" || inet === undefined) {
    if (local.length > 0) return local;
    const why = transport === "local" ? "has no socket to be asked at" : `is to be asked at the socket ${path ?? ""}`;
    throw new RpcError("RPC_UNKNOWNPROTO", `the portmapper of ${host} ${why}`);
  }
  const found = await resolveHost(inet.host, transport ?? "tcp");
  return [...local, ...found.map((at) => RpcAddress.inet(at.netid, at.host, inet.port))];
}
