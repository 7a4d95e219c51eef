import { method, rpcService } from "../runtime/procedure.ts";
import type { RpcService } from "../runtime/procedure.ts";
import { PMAP_PROG, PMAP_VERS, PmapProgV2 } from "../runtime/rpcbind/gen/pmap_prot.ts";
import type { Pmap, PmaplistPtr } from "../runtime/rpcbind/gen/pmap_prot.ts";
import { formatUaddr } from "../runtime/uaddr.ts";
import { ownerOfCaller } from "./caller.ts";
import { netidOfProtocol } from "./registry.ts";
import type { Registry } from "./registry.ts";

/** Version 2 of the portmapper (RFC 1833 section 3). CALLIT answers PROC_UNAVAIL. */
export function pmapService(registry: Registry): RpcService {
  return rpcService("PMAP_PROG", PMAP_PROG, PMAP_VERS, [
    method(PmapProgV2.pmapprocSet, registry, (to, mapping, ctx) => set(to, mapping, ownerOfCaller(ctx))),
    method(PmapProgV2.pmapprocUnset, registry, (from, mapping, ctx) => unset(from, mapping, ownerOfCaller(ctx))),
    method(
      PmapProgV2.pmapprocGetport,
      registry,
      (from, { prog, vers, prot }) => from.findMapping(prog, vers, prot)?.port ?? 0,
    ),
    method(PmapProgV2.pmapprocDump, registry, dump),
  ]);
}

function set(registry: Registry, { prog, vers, prot, port }: Pmap, owner: string): boolean {
  const netid = netidOfProtocol(prot);
  // rpcbind cuts a larger number to 16 bits, and so registers a port that nobody named.
  if (netid === undefined || port > 65_535) return false;
  return registry.set({ program: prog, version: vers, netid, address: formatUaddr("0.0.0.0", port), owner });
}

/**
 * UNSET of version 2 is of both transports, whatever protocol the caller names (RFC 1833 section 3.2). As with
 * rpcbind, one that was not there counts as removed, and one that was removed makes the whole a success.
 */
function unset(registry: Registry, { prog, vers }: Pmap, owner: string): boolean {
  const tcp = registry.unset(prog, vers, "tcp", owner);
  const udp = registry.unset(prog, vers, "udp", owner);
  return tcp || udp;
}

function dump(registry: Registry): PmaplistPtr {
  return registry.mappings().reduceRight<PmaplistPtr>(
    (next, { program, version, protocol, port }) => ({
      map: { prog: program, vers: version, prot: protocol, port },
      next,
    }),
    null,
  );
}
