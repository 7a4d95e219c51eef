/** Asks a portmapper with the thread waiting, what `rpcbind/lookup.ts` asks it with promises. */
import { RpcAddress, type TransportName, netidOf } from "../address.ts";
import { RpcError } from "../error.ts";
import type { HostAddress } from "../host.ts";
import { LOOKUP_RETRY_MS } from "../limits.ts";
import { messageLimits } from "../open-connection.ts";
import type { RpcProcedure } from "../procedure.ts";
import { PMAP_IPPROTO_TCP, PMAP_IPPROTO_UDP, PmapProgV2 } from "../rpcbind/gen/pmap_prot.ts";
import { RpcbprogV3, RpcbprogV4 } from "../rpcbind/gen/rpcb_prot.ts";
import { entryFor, notRegistered, portmapperFailed, reachable } from "../rpcbind/lookup-answers.ts";
import type { PortmapWays } from "../rpcbind/portmap.ts";
import { fromPmaplist, fromRpcblist } from "../rpcbind/rpcbind-lists.ts";
import type { RpcbindEntry, ServiceId } from "../rpcbind/rpcbind-types.ts";
import { openSyncChannel } from "../transport/sync-open.ts";
import { resolveHostSync } from "../transport/sync-resolve.ts";
import { RpcSyncConnection } from "./connection.ts";

/** Milliseconds that the next step may take. */
export type LeftMs = () => number;

/** The address of a service on an Internet transport of a host. */
export function lookupInetSync(service: ServiceId, at: HostAddress, ways: PortmapWays, leftMs: LeftMs): RpcAddress {
  if (ways.inet === undefined) {
    return reachable(entryIn(service, at.netid, RpcAddress.local(ways.path ?? ""), leftMs), at);
  }
  // The portmapper may be on another host than the service (a tunnel's end), whose family is then its own.
  const udp = at.netid.startsWith("udp");
  const portmappers = ways.inet.host === at.host ? [at] : resolveHostSync(ways.inet.host, udp ? "udp" : "tcp");
  const portmapper = portmappers.find(({ netid }) => netid === at.netid) ?? portmappers[0];
  if (portmapper === undefined) throw notRegistered(service, at.netid);
  const to = RpcAddress.inet(portmapper.netid, portmapper.host, ways.inet.port);
  if (to.netid !== at.netid) return reachable(entryIn(service, at.netid, to, leftMs), at);
  const uaddr = withPortmapper(to, leftMs, (ask) => getaddr(ask, service, to.netid));
  if (uaddr === "") throw notRegistered(service, at.netid);
  // Version 2 answers a port alone.
  return reachable(uaddr.startsWith(".") ? `0.0.0.0${uaddr}` : uaddr, at);
}

/** The path of a service's UNIX socket on this host. */
export function lookupLocalSync(service: ServiceId, ways: PortmapWays, leftMs: LeftMs): RpcAddress {
  let uaddr = "";
  if (ways.path !== undefined) {
    uaddr = withPortmapper(RpcAddress.local(ways.path), leftMs, (ask) => getaddr(ask, service, "local"));
  } else if (ways.inet !== undefined) {
    const [portmapper] = resolveHostSync(ways.inet.host, "tcp");
    if (portmapper === undefined) throw notRegistered(service, "local");
    uaddr = entryIn(service, "local", RpcAddress.inet(portmapper.netid, portmapper.host, ways.inet.port), leftMs);
  }
  const address = RpcAddress.parse("local", uaddr);
  if (address === undefined) throw notRegistered(service, "local");
  return address;
}

type Ask = <A, R>(procedure: RpcProcedure<A, R>, args: A) => R;

/** Asks one portmapper over one connection, which is closed again. What fails on the way becomes `RPC_RPCBFAILURE`. */
function withPortmapper<T>(to: RpcAddress, leftMs: LeftMs, question: (ask: Ask) => T): T {
  try {
    const channel = openSyncChannel(to, { timeoutMs: leftMs(), ...messageLimits({}) });
    using connection = new RpcSyncConnection(channel, { refusedTimeoutMs: 0 });
    // Over udp it is repeated, since no answer may mean that it was lost.
    const options = channel.isReliable ? {} : { tryTimeoutMs: LOOKUP_RETRY_MS };
    return question((procedure, args) => connection.call(procedure, args, { ...options, timeoutMs: leftMs() }));
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause; // there is no addon
    throw portmapperFailed(to, cause);
  }
}

/** The universal address, for the transport that is asked over; empty where there is none. From version 2 the host is missing: `.8.1`. */
function getaddr(ask: Ask, { program, version }: ServiceId, transport: TransportName): string {
  const netid = netidOf(transport);
  const rpcb = { rProg: program, rVers: version, rNetid: netid, rAddr: "", rOwner: "" };
  return newest(
    () => ask(RpcbprogV4.rpcbprocGetaddr, rpcb),
    () => ask(RpcbprogV3.rpcbprocGetaddr, rpcb),
    () => {
      const prot = netid === "tcp" ? PMAP_IPPROTO_TCP : netid === "udp" ? PMAP_IPPROTO_UDP : undefined;
      if (prot === undefined)
        throw new RpcError("RPC_UNKNOWNPROTO", `version 2 of the portmapper does not know ${netid}`);
      const port = ask(PmapProgV2.pmapprocGetport, { prog: program, vers: version, prot, port: 0 });
      return port === 0 ? "" : `.${port >> 8}.${port & 0xff}`;
    },
  );
}

/** GETADDR knows the transport alone that it is asked over; the list of all entries knows each. */
function entryIn(service: ServiceId, netid: string, to: RpcAddress, leftMs: LeftMs): string {
  return entryFor(service, netid, withPortmapper(to, leftMs, dump));
}

function dump(ask: Ask): RpcbindEntry[] {
  return newest(
    () => fromRpcblist(ask(RpcbprogV4.rpcbprocDump, undefined)),
    () => fromRpcblist(ask(RpcbprogV3.rpcbprocDump, undefined)),
    () =>
      fromPmaplist(ask(PmapProgV2.pmapprocDump, undefined)).flatMap(({ program, version, protocol, port }) => {
        const netid = protocol === PMAP_IPPROTO_TCP ? "tcp" : protocol === PMAP_IPPROTO_UDP ? "udp" : undefined;
        const uaddr = `0.0.0.0.${port >> 8}.${port & 0xff}`;
        return netid === undefined ? [] : [{ program, version, netid, uaddr, owner: "" }];
      }),
  );
}

function newest<T>(...versions: readonly (() => T)[]): T {
  let unavailable: unknown;
  for (const ask of versions) {
    try {
      return ask();
    } catch (error) {
      const code = error instanceof RpcError ? error.code : undefined;
      if (code !== "RPC_PROGVERSMISMATCH" && code !== "RPC_PROGUNAVAIL" && code !== "RPC_PROCUNAVAIL") throw error;
      unavailable = error;
    }
  }
  throw unavailable;
}
