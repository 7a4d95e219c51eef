import type { RpcContext } from "../runtime/context.ts";
import { NO_REPLY, type RpcMethod, type RpcProcedure } from "../runtime/procedure.ts";
import { RPCBPROG, RpcbprogV4 } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { parseUaddr } from "../runtime/uaddr.ts";
import { XdrError, type XdrCodec } from "../xdr/index.ts";
import { mergeAddress, plainAddress } from "./address.ts";
import { type PortmapperParts, answering, originOf, refuse } from "./answering.ts";
import { addressFromHere } from "./indirect.ts";
import type { Registration } from "./registry.ts";

/** Arguments of CALLIT, BCAST and INDIRECT. */
interface RemoteCallArgs {
  readonly prog: number;
  readonly vers: number;
  readonly proc: number;
  readonly args: Uint8Array;
}

type NoReply = typeof NO_REPLY;

/**
 * CALLIT, BCAST or INDIRECT, as rpcbind does them: over datagrams alone; the first two are made for broadcasts, and say nothing
 * where there is nothing good to say. A program that is denied is answered AUTH_TOOWEAK by all three.
 *
 * @param resultOf - Makes the result of the service's port and results, and of the address by which the caller reaches it.
 */
export function indirectMethod<R>(
  parts: PortmapperParts,
  procedure: RpcProcedure<RemoteCallArgs, R>,
  resultOf: (port: number, results: Uint8Array, address: string) => R | NoReply,
): RpcMethod {
  const tells = procedure.number === RpcbprogV4.rpcbprocIndirect.number;
  const decodable: RpcProcedure<RemoteCallArgs | undefined, R> = { ...procedure, args: orUndefined(procedure.args) };
  return answering(parts, decodable, async (args, ctx): Promise<R | NoReply> => {
    const netid = ctx.transport;
    if (netid !== "udp" && netid !== "udp6") return NO_REPLY;
    if (args === undefined) return tells ? ctx.reject("GARBAGE_ARGS") : NO_REPLY;
    const { prog, vers, proc } = args;
    const call = { program: prog, version: vers, procedure: proc, args: args.args };
    if (prog === RPCBPROG || parts.indirect.denies(prog)) refuse(parts, ctx, "indirect-denied");
    const found = parts.registry.find(prog, vers, netid);
    const isFound = found?.version === vers;
    const { program, version, procedure: number } = call;
    parts.statistics.indirectCall(procedure.version, { program, version, procedure: number, netid }, { isFound, isIndirect: tells }); // prettier-ignore
    const target = isFound ? targetOf(parts, found, netid) : undefined;
    if (target === "self") refuse(parts, ctx, "indirect-denied");
    if (found === undefined || target === undefined) {
      if (!tells) return NO_REPLY;
      const versions = found === undefined || isFound ? undefined : parts.registry.versionsOf(prog, netid);
      return ctx.reject(versions === undefined ? "PROG_UNAVAIL" : { code: "PROG_MISMATCH", ...versions });
    }
    if (!parts.indirect.enabled) return tells ? ctx.reject("SYSTEM_ERR") : NO_REPLY;
    if (!parts.indirect.takes(ctx)) return tells ? ctx.reject("AUTH_TOOWEAK") : NO_REPLY;
    parts.tell({ kind: "indirect", origin: originOf(ctx), program, version, procedure: number });
    const outcome = await parts.indirect.forward(ctx, target, call);
    if (typeof outcome !== "string") return resultOf(target.port, outcome, addressFor(parts, found, ctx));
    if (outcome === "limited") {
      parts.tell({ kind: "refused", origin: originOf(ctx), reason: "indirect-limited" });
    }
    return outcome === "error" && tells ? ctx.reject("SYSTEM_ERR") : NO_REPLY;
  });
}

/** Where to call a service; `self` where that is the portmapper's own port, by whatever program's number. */
function targetOf(
  { own, registry }: PortmapperParts,
  { address }: Registration,
  netid: "udp" | "udp6",
): ReturnType<typeof addressFromHere> | "self" {
  const registered = parseUaddr(address);
  if (registered === undefined) return undefined;
  const ownPort = parseUaddr(registry.find(RPCBPROG, 4, netid)?.address ?? "")?.port;
  if (registered.port === ownPort) return "self";
  return addressFromHere(netid, registered, new Set(own.list().map((each) => plainAddress(each.address))));
}

function addressFor({ own }: PortmapperParts, { address }: Registration, ctx: RpcContext): string {
  return mergeAddress(address, { remote: ctx.peer.host, local: ctx.local.host, hint: "" }, own.list());
}

/** Undefined for what can't be decoded: a broadcast is not answered GARBAGE_ARGS. */
function orUndefined<T>(codec: XdrCodec<T>): XdrCodec<T | undefined> {
  return {
    encode: (w, value) => {
      if (value !== undefined) codec.encode(w, value);
    },
    decode: (r) => {
      try {
        return codec.decode(r);
      } catch (error) {
        if (error instanceof XdrError) return undefined;
        throw error;
      }
    },
  };
}
