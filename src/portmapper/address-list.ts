import { isIPv4 } from "node:net";
import type { RpcContext } from "../runtime/context.ts";
import type { Rpcb, RpcbEntryListPtr } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { parseUaddr } from "../runtime/uaddr.ts";
import { mergeAddress } from "./address.ts";
import type { PortmapperParts } from "./answering.ts";
import { type NetconfigEntry, netconfigOf } from "./netconfig.ts";

/**
 * GETADDRLIST: where a version of a program is reached on the transports of the asker's protocol family, in the order of
 * registration. As with rpcbind, over the local socket there are none, and none where `r_addr` is no address of the family.
 */
export function addressList(
  { registry, own }: PortmapperParts,
  { rProg, rVers, rAddr }: Rpcb,
  ctx: RpcContext,
): RpcbEntryListPtr {
  const family = netconfigOf(ctx.transport)?.family;
  if (family === undefined || family === "loopback") return null;
  if (rAddr !== "" && familyOf(rAddr) !== family) return null;
  const asker = { remote: ctx.peer.host, local: ctx.local.host, hint: rAddr };
  let list: RpcbEntryListPtr = null;
  for (const { netid, address } of registry.onAllTransports(rProg, rVers).reverse()) {
    const entry = netconfigOf(netid);
    if (entry?.family !== family || familyOf(address) !== family) continue;
    const rpcbEntryMap = {
      rMaddr: mergeAddress(address, asker, own.list()),
      rNcNetid: entry.netid,
      rNcSemantics: entry.semantics,
      rNcProtofmly: entry.family,
      rNcProto: entry.protocol,
    };
    list = { rpcbEntryMap, rpcbEntryNext: list };
  }
  return list;
}

/** The family of a universal address; undefined where the text is none. */
function familyOf(uaddr: string): NetconfigEntry["family"] | undefined {
  const parsed = parseUaddr(uaddr);
  if (parsed === undefined) return undefined;
  return isIPv4(parsed.host) ? "inet" : "inet6";
}
