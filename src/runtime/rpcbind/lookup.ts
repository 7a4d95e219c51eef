import { RpcAddress } from "../address.ts";
import { RpcError } from "../error.ts";
import { type HostAddress, resolveHost } from "../host.ts";
import { openConnection } from "../open-connection.ts";
import { listen, stopListening } from "../signals.ts";
import { entryFor, notRegistered, portmapperFailed, reachable } from "./lookup-answers.ts";
import { type PortmapWays } from "./portmap.ts";
import { RpcbindClient } from "./rpcbind-client.ts";
import type { ServiceId } from "./rpcbind-types.ts";

/** Asks one portmapper over one connection, which is closed again, at once where the signal fires. What fails on the way becomes `RPC_RPCBFAILURE`. */
export async function withPortmapper<T>(
  to: RpcAddress,
  timeoutMs: number,
  ask: (client: RpcbindClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let stop: (() => void) | undefined;
  try {
    await using connection = await openConnection(to, { timeoutMs, signal, refusedTimeoutMs: 0 });
    signal?.throwIfAborted();
    stop = () => void connection.close();
    if (signal !== undefined) listen(signal, stop);
    return await ask(new RpcbindClient(connection, timeoutMs));
  } catch (cause) {
    // What `ask` itself found out is the caller's.
    throw portmapperFailed(to, cause);
  } finally {
    if (signal !== undefined && stop !== undefined) stopListening(signal, stop);
  }
}

/** Whether an error says that the portmapper could not be asked. */
export function lookupFailed(error: unknown): boolean {
  return error instanceof RpcError && error.code === "RPC_RPCBFAILURE";
}

/** The address of a service on an Internet transport of a host. */
export async function lookupInet(
  service: ServiceId,
  at: HostAddress,
  ways: PortmapWays,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<RpcAddress> {
  if (ways.inet === undefined) {
    const found = await lookupInDump(service, at.netid, RpcAddress.local(ways.path ?? ""), timeoutMs, signal);
    return reachable(found, at);
  }
  // The portmapper may be on another host than the service (a tunnel's end), whose family is then its own.
  const udp = at.netid.startsWith("udp");
  const portmappers = ways.inet.host === at.host ? [at] : await resolveHost(ways.inet.host, udp ? "udp" : "tcp");
  const portmapper = portmappers.find(({ netid }) => netid === at.netid) ?? portmappers[0];
  if (portmapper === undefined) throw notRegistered(service, at.netid);
  const to = RpcAddress.inet(portmapper.netid, portmapper.host, ways.inet.port);
  if (to.netid !== at.netid) return reachable(await lookupInDump(service, at.netid, to, timeoutMs, signal), at);
  const uaddr = await withPortmapper(to, timeoutMs, (client) => client.getaddr(service), signal);
  if (uaddr === undefined) throw notRegistered(service, at.netid);
  // Version 2 answers a port alone.
  return reachable(uaddr.startsWith(".") ? `0.0.0.0${uaddr}` : uaddr, at);
}

/** The path of a service's UNIX socket on this host. */
export async function lookupLocal(
  service: ServiceId,
  ways: PortmapWays,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<RpcAddress> {
  let uaddr: string | undefined;
  if (ways.path !== undefined) {
    uaddr = await withPortmapper(RpcAddress.local(ways.path), timeoutMs, (client) => client.getaddr(service), signal);
  } else if (ways.inet !== undefined) {
    const [portmapper] = await resolveHost(ways.inet.host, "tcp");
    if (portmapper === undefined) throw notRegistered(service, "local");
    const to = RpcAddress.inet(portmapper.netid, portmapper.host, ways.inet.port);
    uaddr = await lookupInDump(service, "local", to, timeoutMs, signal);
  }
  const address = uaddr === undefined ? undefined : RpcAddress.parse("local", uaddr);
  if (address === undefined) throw notRegistered(service, "local");
  return address;
}

/** GETADDR knows the transport alone that it is asked over; the list of all entries knows each. */
async function lookupInDump(
  service: ServiceId,
  netid: string,
  to: RpcAddress,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return entryFor(service, netid, await withPortmapper(to, timeoutMs, (client) => client.dump(), signal));
}
