import type { RpcContext } from "../runtime/context.ts";
import { rpcService } from "../runtime/procedure.ts";
import type { RpcMethod, RpcService } from "../runtime/procedure.ts";
import { RPCBPROG, RPCBVERS, RPCBVERS4, RpcbprogV3, RpcbprogV4 } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import type { Rpcb, RpcblistPtr } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { netidOf } from "../runtime/address.ts";
import { mergeAddress } from "./address.ts";
import { addressList } from "./address-list.ts";
import { type PortmapperParts, answering, inTurn, lasting } from "./answering.ts";
import { type Registrant, registrant } from "./caller.ts";
import { indirectMethod } from "./indirect-method.ts";
import type { Registration, Registry } from "./registry.ts";
import { taddrToUaddr, uaddrToTaddr } from "./taddr.ts";
import { whileUnchanged } from "./while-unchanged.ts";

/** About how many bytes an entry of DUMP is. */
const ENTRY_BYTES = 56;
/** Of a GETSTAT, at most about. */
const STATISTICS_BYTES = 8192;

/** Versions 3 and 4 of the portmapper (RFC 1833 section 2). Procedure 5 is CALLIT in the one and BCAST in the other; 4 has four more. */
export function rpcbServices(parts: PortmapperParts): RpcService[] {
  const { registry, statistics } = parts;
  const list = whileUnchanged(registry, () => dump(registry));
  return [
    rpcService("RPCBPROG", RPCBPROG, RPCBVERS, [
      ...common(parts, RpcbprogV3, list),
      indirectMethod(parts, RpcbprogV3.rpcbprocCallit, (_port, results, addr) => ({ addr, results })),
    ]),
    rpcService("RPCBPROG", RPCBPROG, RPCBVERS4, [
      ...common(parts, RpcbprogV4, list),
      indirectMethod(parts, RpcbprogV4.rpcbprocBcast, (_port, results, addr) => ({ addr, results })),
      answering(parts, RpcbprogV4.rpcbprocGetversaddr, (wanted, ctx) =>
        getaddr(parts, wanted, ctx, registry.findExact(wanted.rProg, wanted.rVers, ctx.transport)),
      ),
      indirectMethod(parts, RpcbprogV4.rpcbprocIndirect, (_port, results, addr) => ({ addr, results })),
      answering(parts, RpcbprogV4.rpcbprocGetaddrlist, (wanted, ctx) => {
        const found = addressList(parts, wanted, ctx);
        const service = { program: wanted.rProg, version: wanted.rVers, netid: ctx.transport };
        // rpcbind has no counts of its own for it.
        statistics.lookup(RPCBVERS4, service, found !== null);
        return inTurn(parts, ctx, 0, () => found);
      }),
      answering(parts, RpcbprogV4.rpcbprocGetstat, (_none, ctx) =>
        inTurn(parts, ctx, STATISTICS_BYTES, () => statistics.snapshot()),
      ),
    ]),
  ];
}

/** What both versions have, but for procedure 5. */
function common(
  parts: PortmapperParts,
  procedures: typeof RpcbprogV3 | typeof RpcbprogV4,
  list: () => RpcblistPtr,
): RpcMethod[] {
  const { registry, statistics } = parts;
  return [
    answering(parts, procedures.rpcbprocNull, () => undefined),
    answering(parts, procedures.rpcbprocSet, (entry, ctx) => {
      const done = set(registry, entry, registrant(parts, ctx));
      if (done) statistics.set(ctx.procedure.version);
      return lasting(parts, done);
    }),
    answering(parts, procedures.rpcbprocUnset, ({ rProg, rVers, rNetid }, ctx) => {
      const done = registry.unset(rProg, rVers, rNetid, registrant(parts, ctx).owner);
      if (done) statistics.unset(ctx.procedure.version);
      return lasting(parts, done);
    }),
    answering(parts, procedures.rpcbprocGetaddr, (wanted, ctx) =>
      getaddr(parts, wanted, ctx, registry.find(wanted.rProg, wanted.rVers, ctx.transport)),
    ),
    answering(parts, procedures.rpcbprocDump, (_none, ctx) => inTurn(parts, ctx, registry.size * ENTRY_BYTES, list)),
    answering(parts, procedures.rpcbprocGettime, () => Math.floor(Date.now() / 1000) >>> 0),
    answering(parts, procedures.rpcbprocUaddr2taddr, (uaddr, ctx) => uaddrToTaddr(netidOf(ctx.transport), uaddr)),
    answering(parts, procedures.rpcbprocTaddr2uaddr, (taddr, ctx) =>
      // libtirpc reads no more than the caller says that there is room for.
      taddr.buf.length > taddr.maxlen ? ctx.reject("GARBAGE_ARGS") : taddrToUaddr(netidOf(ctx.transport), taddr),
    ),
  ];
}

/** The owner is who the caller is, not whom `r_owner` names. */
function set(registry: Registry, { rProg, rVers, rNetid, rAddr }: Rpcb, { owner, process }: Registrant): boolean {
  return registry.set({ program: rProg, version: rVers, netid: rNetid, address: rAddr, owner, process });
}

/**
 * The address on the transport that the question came over: `r_netid` has no say (RFC 1833 section 2.2.1), and
 * `r_addr` is the address by which the caller knows this host. Empty where there is none.
 */
function getaddr(
  { own, statistics }: PortmapperParts,
  { rProg, rVers, rAddr }: Rpcb,
  ctx: RpcContext,
  found: Registration | undefined,
): string {
  const asker = { remote: ctx.peer.host, local: ctx.local.host, hint: rAddr };
  const address = found === undefined ? "" : mergeAddress(found.address, asker, own.list());
  const service = { program: rProg, version: rVers, netid: ctx.transport };
  statistics.lookup(ctx.procedure.version, service, address !== "");
  return address;
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
