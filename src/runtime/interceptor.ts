/** Functions around calls: for logs, metrics, traces, checks, caches. */
import type { CallOptions } from "./connection-options.ts";
import type { RpcConnection } from "./connection.ts";
import type { RpcContext } from "./context.ts";
import type { HandlerResult, RpcProcedure } from "./procedure.ts";

/** A call, as a client's interceptor sees it. */
export interface ClientCall {
  readonly procedure: RpcProcedure<unknown, unknown>;
  readonly args: unknown;
  readonly options: CallOptions;
  readonly connection: RpcConnection;
  /** It is made by `send`, and waits for no reply: its result is `undefined`, once it is sent. */
  readonly isOneWay: boolean;
}

/** Makes a call; gives its result or rejects with an `RpcError`. */
export type ClientCallFunction = (call: ClientCall) => Promise<unknown>;

/** A function around the function that makes calls; it may change the call, answer it itself, or make it more than once. */
export type ClientInterceptor = (next: ClientCallFunction) => ClientCallFunction;

/** A call, as a server's interceptor sees it. */
export interface ServerCall {
  readonly args: unknown;
  readonly ctx: RpcContext;
}

/** Runs a handler. */
export type ServerCallFunction = (call: ServerCall) => HandlerResult<unknown>;

/** A function around the function that runs handlers. What it throws counts as the handler's. */
export type ServerInterceptor = (next: ServerCallFunction) => ServerCallFunction;

/** One function of many: the first is the outermost. */
export function intercept<F>(interceptors: readonly ((next: F) => F)[], innermost: F): F {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
}
