import type { RpcAddress } from "./address.ts";
import type { AuthStat } from "./gen/rpc_msg.ts";
import type { RpcProcedureId } from "./procedure.ts";

/**
 * Why a call, a connection or a server failed. The first seventeen are libtirpc's `clnt_stat`. The codes are stable:
 * none is ever renamed or given another meaning.
 *
 * | code | meaning |
 * |---|---|
 * | `RPC_CANTENCODEARGS` | the arguments do not fit the declaration, or the message its size; nothing was sent |
 * | `RPC_CANTDECODERES` | the reply does not fit the declaration |
 * | `RPC_CANTSEND` | the message could not be sent |
 * | `RPC_CANTRECV` | the connection ended before the reply came |
 * | `RPC_TIMEDOUT` | no reply within `timeoutMs`; where there was no connection either, the `cause` says why |
 * | `RPC_VERSMISMATCH` | the server speaks RPC versions `low` to `high`, not 2 |
 * | `RPC_AUTHERROR` | the server rejected the credentials: `authStat` says why |
 * | `RPC_PROGUNAVAIL` | the server does not have the program |
 * | `RPC_PROGVERSMISMATCH` | the server has versions `low` to `high` of the program |
 * | `RPC_PROCUNAVAIL` | the server's program does not have the procedure |
 * | `RPC_CANTDECODEARGS` | the server could not decode the arguments (GARBAGE_ARGS) |
 * | `RPC_SYSTEMERROR` | the server failed while it ran the procedure (SYSTEM_ERR) |
 * | `RPC_UNKNOWNHOST` | the host name has no address |
 * | `RPC_UNKNOWNPROTO` | there is no such transport, or the host has no address of its kind |
 * | `RPC_RPCBFAILURE` | the portmapper could not be asked, or refused |
 * | `RPC_PROGNOTREGISTERED` | the portmapper does not know the program |
 * | `RPC_CANTCONNECT` | nobody listens at the address, it can't be reached, or the TLS that was asked for did not come about |
 * | `RPC_CANTLISTEN` | the address can't be bound; the `cause` has the system's code, such as `EADDRINUSE` |
 * | `RPC_ABORTED` | the caller's signal fired; its reason is the `cause` |
 * | `RPC_CLOSED` | this side closed the connection |
 * | `RPC_PROGALREADYREGISTERED` | a live server is registered for the program, and `replace` is not set |
 */
export type RpcErrorCode =
  | "RPC_CANTENCODEARGS"
  | "RPC_CANTDECODERES"
  | "RPC_CANTSEND"
  | "RPC_CANTRECV"
  | "RPC_TIMEDOUT"
  | "RPC_VERSMISMATCH"
  | "RPC_AUTHERROR"
  | "RPC_PROGUNAVAIL"
  | "RPC_PROGVERSMISMATCH"
  | "RPC_PROCUNAVAIL"
  | "RPC_CANTDECODEARGS"
  | "RPC_SYSTEMERROR"
  | "RPC_UNKNOWNHOST"
  | "RPC_UNKNOWNPROTO"
  | "RPC_RPCBFAILURE"
  | "RPC_PROGNOTREGISTERED"
  | "RPC_CANTCONNECT"
  | "RPC_CANTLISTEN"
  | "RPC_ABORTED"
  | "RPC_CLOSED"
  | "RPC_PROGALREADYREGISTERED";

/** Why a server rejects credentials, by the names of RFC 5531 section 9. */
export type AuthStatName = Exclude<keyof typeof AuthStat, "AUTH_OK">;

/** What is known about a failure beside its code. */
export interface RpcErrorDetails {
  /** The procedure that was called. */
  readonly procedure?: RpcProcedureId | undefined;
  /** The other end. */
  readonly peer?: RpcAddress | undefined;
  /** The error below this one. */
  readonly cause?: unknown;
  /** Lowest version that the server has. */
  readonly low?: number;
  /** Highest version that the server has. */
  readonly high?: number;
  /** Why the credentials were rejected. */
  readonly authStat?: AuthStatName;
}

/** A call, a connection or a server that failed. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcErrorCode;
  /** The procedure that was called, where the failure belongs to a call. */
  readonly procedure: RpcProcedureId | undefined;
  /** The other end, where it is known. */
  readonly peer: RpcAddress | undefined;
  /** Lowest version that the server has: with `RPC_PROGVERSMISMATCH` and `RPC_VERSMISMATCH`. */
  readonly low: number | undefined;
  /** Highest version that the server has: with `RPC_PROGVERSMISMATCH` and `RPC_VERSMISMATCH`. */
  readonly high: number | undefined;
  /** Why the server rejected the credentials: with `RPC_AUTHERROR`. */
  readonly authStat: AuthStatName | undefined;

  constructor(code: RpcErrorCode, message: string, details: RpcErrorDetails = {}) {
    const { procedure, peer } = details;
    const what =
      procedure === undefined ? "" : `${procedure.programName} version ${procedure.version} ${procedure.name}`;
    const where = peer === undefined ? "" : String(peer);
    const place = what === "" || where === "" ? what + where : `${what} at ${where}`;
    const text = place === "" ? message : `${place}: ${message}`;
    super(text, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.procedure = procedure;
    this.peer = peer;
    this.low = details.low;
    this.high = details.high;
    this.authStat = details.authStat;
  }
}

/** The system's code (`ECONNREFUSED`) or the message of what was thrown, for a message. */
export function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** The system's error code (`ECONNREFUSED`), where an error has one. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
