/** How each procedure of the portmapper is answered: counted, told, and never by more than was asked where the asker may be forged. */
import type { RpcContext } from "../runtime/context.ts";
import { type HandlerResult, NO_REPLY, type RpcMethod, type RpcProcedure } from "../runtime/procedure.ts";
import { XdrError, encode } from "../xdr/index.ts";
import type { Access } from "./access.ts";
import type { CallOrigin, PortmapperEventListener, RefusalReason } from "./events.ts";
import type { IndirectCalls } from "./indirect.ts";
import type { LargeReplies } from "./large-replies.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import type { Registry } from "./registry.ts";
import type { Statistics } from "./statistics.ts";

/** What the services of a portmapper share. */
export interface PortmapperParts {
  readonly registry: Registry;
  readonly statistics: Statistics;
  readonly access: Access;
  readonly own: OwnAddresses;
  readonly indirect: IndirectCalls;
  readonly largeReplies: LargeReplies;
  readonly tell: PortmapperEventListener;
  /** Whether each call is told. */
  readonly tellCalls: boolean;
  /** Resolves when what has changed is in the state file; undefined where none is kept. */
  readonly settled: (() => Promise<void>) | undefined;
}

/** Bytes of a reply in front of the results: xid to accept_stat, with the empty verifier. */
const REPLY_HEADER_BYTES = 24;

interface Asked<A> {
  readonly args: A;
  readonly requestBytes: number;
}

/** Joins a procedure and its handler. */
export function answering<A, R>(
  parts: PortmapperParts,
  procedure: RpcProcedure<A, R>,
  handler: (args: A, ctx: RpcContext) => HandlerResult<R>,
): RpcMethod {
  return {
    procedure,
    decode: (r): Asked<A> => {
      const requestBytes = r.position + r.remaining;
      return { args: procedure.args.decode(r), requestBytes };
    },
    invoke: (asked, ctx) => {
      const { args, requestBytes } = asked as Asked<A>;
      const result = handler(args, ctx);
      if (!parts.access.boundsReply(ctx)) return result;
      const check = (value: R | typeof NO_REPLY): R | typeof NO_REPLY => {
        if (value === NO_REPLY || fits(procedure, value, requestBytes)) return value;
        return refuse(parts, ctx, "reply-too-long");
      };
      return isPromiseLike<R | typeof NO_REPLY>(result) ? result.then(check) : check(result);
    },
    encode: (w, result) => {
      procedure.result.encode(w, result as R);
    },
  };
}

/** Rejects a call with AUTH_TOOWEAK, as rpcbind does whatever the reason is, and tells of it. */
export function refuse(parts: PortmapperParts, ctx: RpcContext, reason: RefusalReason): never {
  parts.tell({ kind: "refused", origin: originOf(ctx), reason });
  return ctx.reject("AUTH_TOOWEAK");
}

/** Where a call came from, for an event. */
export function originOf({ procedure, transport, peer }: RpcContext): CallOrigin {
  return { version: procedure.version, procedure: procedure.name, transport, peer: peer.address || "socket" };
}

/** Looks at each call in front of its arguments: what is counted, and whether its caller may call. */
export function guardOf(parts: PortmapperParts): (ctx: RpcContext) => void {
  return (ctx) => {
    const { version, number } = ctx.procedure;
    parts.statistics.call(version, number);
    if (!parts.access.admits(ctx)) refuse(parts, ctx, "not-allowed");
    if (parts.tellCalls) parts.tell({ kind: "called", origin: originOf(ctx) });
  };
}

/** The answer to a SET or an UNSET: what it says outlives the process. */
export function lasting(parts: PortmapperParts, done: boolean): boolean | Promise<boolean> {
  return done && parts.settled !== undefined ? parts.settled().then(() => done) : done;
}

/** A long answer: in its turn, or SYSTEM_ERR where too many wait. */
export function inTurn<R>(
  parts: PortmapperParts,
  ctx: RpcContext,
  estimatedBytes: number,
  make: () => R,
): R | Promise<R> {
  const made = parts.largeReplies.inTurn(ctx, estimatedBytes, make);
  if (made !== undefined) return made;
  parts.tell({ kind: "refused", origin: originOf(ctx), reason: "busy" });
  return ctx.reject("SYSTEM_ERR");
}

/** Told of a handler that failed: a result that no datagram holds is no fault of the program's. */
export function failureListener(tell: PortmapperEventListener): (error: unknown, ctx: RpcContext) => void {
  return (error, ctx) => {
    const origin = originOf(ctx);
    if (error instanceof XdrError && error.code === "XDR_MAX_BYTES") {
      tell({ kind: "refused", origin, reason: "reply-too-long" });
    } else {
      tell({ kind: "failed", origin, error });
    }
  };
}

function fits<R>({ result }: RpcProcedure<unknown, R>, value: R, requestBytes: number): boolean {
  if (requestBytes < REPLY_HEADER_BYTES) return false;
  try {
    encode(result, value, { maxBytes: requestBytes - REPLY_HEADER_BYTES });
    return true;
  } catch (error) {
    if (error instanceof XdrError) return false;
    throw error;
  }
}

function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
