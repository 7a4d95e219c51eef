import { NO_REPLY, rpcService } from "../runtime/procedure.ts";
import type { RpcService } from "../runtime/procedure.ts";
import { PMAP_PROG, PMAP_VERS, PmapProgV2 } from "../runtime/rpcbind/gen/pmap_prot.ts";
import type { Pmap, PmaplistPtr } from "../runtime/rpcbind/gen/pmap_prot.ts";
import { formatUaddr } from "../runtime/uaddr.ts";
import { parseInetPort } from "./address.ts";
import { type PortmapperParts, answering, inTurn, lasting } from "./answering.ts";
import { type Registrant, registrant } from "./caller.ts";
import { indirectMethod } from "./indirect-method.ts";
import { netidOfProtocol } from "./registry.ts";
import type { Registry } from "./registry.ts";
import { whileUnchanged } from "./while-unchanged.ts";

/** Bytes of one entry in a reply to DUMP. */
const ENTRY_BYTES = 20;

/** Version 2 of the portmapper (RFC 1833 section 3). */
export function pmapService(parts: PortmapperParts): RpcService {
  const { registry, statistics } = parts;
  const list = whileUnchanged(registry, () => dump(registry));
  return rpcService("PMAP_PROG", PMAP_PROG, PMAP_VERS, [
    answering(parts, PmapProgV2.pmapprocNull, () => undefined),
    answering(parts, PmapProgV2.pmapprocSet, (mapping, ctx) => {
      const done = set(registry, mapping, registrant(parts, ctx));
      if (done) statistics.set(PMAP_VERS);
      return lasting(parts, done);
    }),
    answering(parts, PmapProgV2.pmapprocUnset, (mapping, ctx) => {
      const done = unset(registry, mapping, registrant(parts, ctx).owner);
      if (done) statistics.unset(PMAP_VERS);
      return lasting(parts, done);
    }),
    answering(parts, PmapProgV2.pmapprocGetport, ({ prog, vers, prot }) => {
      const port = registry.findMapping(prog, vers, prot)?.port ?? 0;
      const netid = netidOfProtocol(prot);
      if (netid !== undefined) statistics.lookup(PMAP_VERS, { program: prog, version: vers, netid }, port !== 0);
      return port;
    }),
    answering(parts, PmapProgV2.pmapprocDump, (_none, ctx) => inTurn(parts, ctx, registry.size * ENTRY_BYTES, list)),
    // As rpcbind, nothing over IPv6: the version knows no address of it.
    indirectMethod(parts, PmapProgV2.pmapprocCallit, (port, res, address) =>
      parseInetPort(address) === undefined ? NO_REPLY : { port, res },
    ),
  ]);
}

function set(registry: Registry, { prog, vers, prot, port }: Pmap, { owner, process }: Registrant): boolean {
  const netid = netidOfProtocol(prot);
  // rpcbind cuts a larger number to 16 bits, and so registers a port that nobody named.
  if (netid === undefined || port > 65_535) return false;
  return registry.set({ program: prog, version: vers, netid, address: formatUaddr("0.0.0.0", port), owner, process });
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
