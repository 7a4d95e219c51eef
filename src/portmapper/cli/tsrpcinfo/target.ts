/** Where the service is that a ping is for. */
import { isIPv6 } from "node:net";
import { RpcAddress, isNetid } from "../../../runtime/address.ts";
import { resolveHost } from "../../../runtime/host.ts";
import { lookupInet, lookupLocal } from "../../../runtime/rpcbind/lookup.ts";
import { portmapWays } from "../../../runtime/rpcbind/portmap.ts";
import type { ServiceId } from "../../../runtime/rpcbind/rpcbind-types.ts";
import { RpcError } from "../../../runtime/index.ts";
import { Failure } from "./failure.ts";

/** Milliseconds for the portmapper's answer (libtirpc's). */
const LOOKUP_TIMEOUT_MS = 60_000;

/** `-t` and `-u`: over IPv4 where the host has it, else over IPv6; at the port, or where the portmapper says (port 0). */
export async function atHost(
  host: string,
  transport: "tcp" | "udp",
  port: number,
  service: ServiceId,
): Promise<RpcAddress> {
  const [at] = await resolveHost(host, transport);
  if (at === undefined) throw new RpcError("RPC_UNKNOWNHOST", host);
  if (port !== 0) return RpcAddress.inet(at.netid, at.host, port);
  return lookupInet(service, at, portmapWays(host, "auto"), LOOKUP_TIMEOUT_MS);
}

/** `-T`: over that transport alone. A service's UNIX socket is on this host, whatever host is named. */
export async function overTransport(netid: string, host: string, service: ServiceId): Promise<RpcAddress> {
  if (!isNetid(netid)) throw new Failure(`tsrpcinfo: Could not find ${netid}`);
  if (netid === "local") return onThisHost(service);
  const at = (await resolveHost(host, netid)).find((each) => each.netid === netid);
  if (at === undefined) throw new RpcError("RPC_UNKNOWNHOST", host);
  return lookupInet(service, at, portmapWays(host, "auto"), LOOKUP_TIMEOUT_MS);
}

async function onThisHost(service: ServiceId): Promise<RpcAddress> {
  const ways = portmapWays("localhost", "auto");
  try {
    return await lookupLocal(service, ways, LOOKUP_TIMEOUT_MS);
  } catch (error) {
    const refused =
      error instanceof RpcError && error.cause instanceof RpcError && error.cause.code === "RPC_CANTCONNECT";
    if (!refused || ways.inet === undefined) throw error;
    return lookupLocal(service, { ...ways, path: undefined }, LOOKUP_TIMEOUT_MS);
  }
}

/** `-a`: at that universal address. */
export function atAddress(netid: string, uaddr: string): RpcAddress {
  if (!isNetid(netid)) throw new Failure(`tsrpcinfo: Could not find ${netid}`);
  if (netid === "local") return RpcAddress.local(uaddr);
  const address = RpcAddress.parse(netid, uaddr);
  if (address === undefined || isIPv6(address.host) !== netid.endsWith("6")) {
    throw new Failure("tsrpcinfo: tsrpcinfo: no address for client handle");
  }
  return address;
}
