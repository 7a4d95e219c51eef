import type { RpcAddress, TransportName } from "./address.ts";
import type { Caller } from "./auth/caller.ts";
import type { RpcConnection } from "./connection.ts";
import type { AuthStatName } from "./error.ts";
import type { RpcProcedureId } from "./procedure.ts";

/**
 * The ways to refuse a call instead of answering it: what libtirpc's `svcerr_*` functions send (RFC 5531 section 9).
 * `PROG_MISMATCH` names the versions that there are.
 */
export type Rejection =
  | "PROG_UNAVAIL"
  | "PROC_UNAVAIL"
  | "GARBAGE_ARGS"
  | "SYSTEM_ERR"
  | AuthStatName
  | { readonly code: "PROG_MISMATCH"; readonly low: number; readonly high: number };

/** What a handler knows of the call that it answers. */
export interface RpcContext {
  /** The call's transaction id, as the client chose it. */
  readonly xid: number;
  /** The procedure that was called. */
  readonly procedure: RpcProcedureId;
  /** The transport that the call came over. */
  readonly transport: TransportName;
  /** Where the call came from. */
  readonly peer: RpcAddress;
  /** Where the call came in. The host is a wildcard (`0.0.0.0`) where the transport does not tell. */
  readonly local: RpcAddress;
  /** Whether the call came over TLS. */
  readonly encrypted: boolean;
  /** Who calls: what is proven, and what is only claimed. */
  readonly caller: Caller;
  /** The connection that the call came over. */
  readonly connection: RpcConnection;
  /** Fires when the result is of no use any more: the connection has ended, or the client's side of it, `callTimeoutMs` has passed, or the server closes and waits no longer. */
  readonly signal: AbortSignal;
  /** Ends the handler, and answers with an error instead of a result. */
  reject(rejection: Rejection): never;
}

/** What `ctx.reject` throws: interceptors meet it. */
export class RpcRejection extends Error {
  override readonly name = "RpcRejection";
  readonly rejection: Rejection;

  constructor(rejection: Rejection) {
    super(`the call was rejected: ${typeof rejection === "string" ? rejection : rejection.code}`);
    this.rejection = rejection;
  }
}
