/** From the linked lists of the portmapper's protocol to arrays. */
import type { Pmaplist } from "./gen/pmap_prot.ts";
import type { RpcbEntryList, RpcbStat, RpcbStatByvers, Rpcblist } from "./gen/rpcb_prot.ts";
import type {
  LookupCount,
  PortmapEntry,
  RemoteCallCount,
  RpcbindEntry,
  RpcbindStats,
  RpcbindVersionStats,
  RpcbindWay,
} from "./rpcbind-types.ts";

/** The numbers of `NC_TPI_…` in C's `<netconfig.h>`. */
const SEMANTICS: Readonly<Partial<Record<number, string>>> = { 1: "clts", 2: "cots", 3: "cots_ord", 4: "raw" };

export function fromRpcblist(list: Rpcblist | null): RpcbindEntry[] {
  const entries: RpcbindEntry[] = [];
  for (let node = list; node !== null; node = node.rpcbNext) {
    const { rProg: program, rVers: version, rNetid: netid, rAddr: uaddr, rOwner: owner } = node.rpcbMap;
    entries.push({ program, version, netid, uaddr, owner });
  }
  return entries;
}

export function fromPmaplist(list: Pmaplist | null): PortmapEntry[] {
  const entries: PortmapEntry[] = [];
  for (let node = list; node !== null; node = node.next) {
    const { prog: program, vers: version, prot: protocol, port } = node.map;
    entries.push({ program, version, protocol, port });
  }
  return entries;
}

export function fromEntryList(list: RpcbEntryList | null): RpcbindWay[] {
  const ways: RpcbindWay[] = [];
  for (let node = list; node !== null; node = node.rpcbEntryNext) {
    const { rMaddr, rNcNetid, rNcSemantics, rNcProtofmly, rNcProto } = node.rpcbEntryMap;
    const semantics = SEMANTICS[rNcSemantics] ?? String(rNcSemantics);
    ways.push({ uaddr: rMaddr, netid: rNcNetid, semantics, family: rNcProtofmly, protocol: rNcProto });
  }
  return ways;
}

/** The array of the protocol has version 2 first. The codec takes no other length than 3. */
export function fromStats([v2, v3, v4]: RpcbStatByvers): RpcbindStats {
  return { v2: versionStats(v2), v3: versionStats(v3), v4: versionStats(v4) };
}

function versionStats(stat: RpcbStat | undefined): RpcbindVersionStats {
  const lookups: LookupCount[] = [];
  for (let node = stat?.addrinfo ?? null; node !== null; node = node.next) {
    const { prog: program, vers: version, netid, success, failure } = node;
    lookups.push({ program, version, netid, success, failure });
  }
  const remoteCalls: RemoteCallCount[] = [];
  for (let node = stat?.rmtinfo ?? null; node !== null; node = node.next) {
    const { prog: program, vers: version, proc: procedure, indirect, netid, success, failure } = node;
    remoteCalls.push({ program, version, procedure, netid, indirect, success, failure });
  }
  return {
    calls: stat?.info ?? [],
    setSuccesses: stat?.setinfo ?? 0,
    unsetSuccesses: stat?.unsetinfo ?? 0,
    lookups,
    remoteCalls,
  };
}
