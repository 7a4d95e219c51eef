import type { RpcContext } from "../runtime/context.ts";
import { method, rpcService } from "../runtime/procedure.ts";
import type { RpcService } from "../runtime/procedure.ts";
import { RPCBPROG, RPCBVERS, RPCBVERS4, RpcbprogV3, RpcbprogV4 } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import type { Rpcb, RpcblistPtr } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { mergeAddress } from "./address.ts";
import { ownerOfCaller } from "./caller.ts";
import { OwnAddresses } from "./own-addresses.ts";
import type { Registry } from "./registry.ts";

/** Versions 3 and 4 of the portmapper (RFC 1833 section 2). They differ only in procedures that answer PROC_UNAVAIL here. */
export function rpcbServices(registry: Registry): RpcService[] {
  const own = new OwnAddresses();
  return (
    [
      [RPCBVERS, RpcbprogV3],
      [RPCBVERS4, RpcbprogV4],
    ] as const
  ).map(([version, procedures]) =>
    rpcService("RPCBPROG", RPCBPROG, version, [
      method(procedures.rpcbprocSet, registry, (to, entry, ctx) => set(to, entry, ownerOfCaller(ctx))),
      method(procedures.rpcbprocUnset, registry, (from, { rProg, rVers, rNetid }, ctx) =>
        from.unset(rProg, rVers, rNetid, ownerOfCaller(ctx)),
      ),
      method(procedures.rpcbprocGetaddr, registry, (from, wanted, ctx) => getaddr(from, wanted, ctx, own)),
      method(procedures.rpcbprocDump, registry, dump),
      method(procedures.rpcbprocGettime, registry, () => Math.floor(Date.now() / 1000)),
    ]),
  );
}

/** The owner is who the caller is, not whom `r_owner` names. */
function set(registry: Registry, { rProg, rVers, rNetid, rAddr }: Rpcb, owner: string): boolean {
  return registry.set({ program: rProg, version: rVers, netid: rNetid, address: rAddr, owner });
}

/**
 * The address on the transport that the question came over: `r_netid` has no say (RFC 1833 section 2.2.1), and
 * `r_addr` is the address by which the caller knows this host. Empty where there is none.
 */
function getaddr(registry: Registry, { rProg, rVers, rAddr }: Rpcb, ctx: RpcContext, own: OwnAddresses): string {
  const found = registry.find(rProg, rVers, ctx.transport);
  if (found === undefined) return "";
  return mergeAddress(found.address, { remote: ctx.peer.host, local: ctx.local.host, hint: rAddr }, own.list());
}

function dump(registry: Registry): RpcblistPtr {
  return registry.registrations().reduceRight<RpcblistPtr>(
    (next, { program, version, netid, address, owner }) => ({
      rpcbMap: { rProg: program, rVers: version, rNetid: netid, rAddr: address, rOwner: owner },
      rpcbNext: next,
    }),
    null,
  );
}
