import type { XdrCodec, XdrReader, XdrWriter } from "../xdr/index.ts";
import type { RpcContext } from "./context.ts";

/** Numbers and names of a procedure. */
export interface RpcProcedureId {
  readonly program: number;
  /** As it stands in the `.x`. */
  readonly programName: string;
  readonly version: number;
  readonly number: number;
  /** As it stands in the `.x`. */
  readonly name: string;
}

/** A procedure with the codecs of its arguments and its result. Generated code has one for each procedure. */
export interface RpcProcedure<A, R> extends RpcProcedureId {
  readonly args: XdrCodec<A>;
  readonly result: XdrCodec<R>;
}

/** What a handler returns to send no reply: of one-way procedures the client expects none. */
export const NO_REPLY: unique symbol = Symbol("NO_REPLY");

/** What a handler returns: the result, or a promise of it, or `NO_REPLY`. */
export type HandlerResult<R> = R | typeof NO_REPLY | PromiseLike<R | typeof NO_REPLY>;

/** A procedure with its handler, the types erased: what a server needs to answer a call. */
export interface RpcMethod {
  readonly procedure: RpcProcedureId;
  /** Reads the arguments; throws an `XdrError`. */
  decode(r: XdrReader): unknown;
  /** Runs the handler on what `decode` returned. */
  invoke(args: unknown, ctx: RpcContext): HandlerResult<unknown>;
  /** Writes what the handler returned; throws an `XdrError`. */
  encode(w: XdrWriter, result: unknown): void;
}

/** One version of a program, with its handlers. `RpcServer.add` takes it. */
export interface RpcService {
  readonly programName: string;
  readonly program: number;
  readonly version: number;
  /** By procedure number. */
  readonly methods: ReadonlyMap<number, RpcMethod>;
}

/** Joins a procedure and its handler; undefined where there is no handler. Generated services call it. */
export function method<A, R, H>(
  procedure: RpcProcedure<A, R>,
  handler: H | undefined,
  invoke: (handler: H, args: A, ctx: RpcContext) => HandlerResult<R>,
): RpcMethod | undefined {
  if (handler === undefined) return undefined;
  return {
    procedure,
    decode: (r) => procedure.args.decode(r),
    invoke: (args, ctx) => invoke(handler, args as A, ctx),
    encode: (w, result) => {
      procedure.result.encode(w, result as R);
    },
  };
}

/**
 * A service of its methods. A procedure that is missing (or whose method is undefined) answers PROC_UNAVAIL, except
 * number 0, which every program has: it answers with nothing.
 */
export function rpcService(
  programName: string,
  program: number,
  version: number,
  methods: readonly (RpcMethod | undefined)[],
): RpcService {
  const byNumber = new Map<number, RpcMethod>();
  for (const each of methods) if (each !== undefined) byNumber.set(each.procedure.number, each);
  return { programName, program, version, methods: byNumber };
}
