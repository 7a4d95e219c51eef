/** What calls and connections can be told, and what connections tell. */
import type { XdrStrictness } from "../xdr/index.ts";
import type { ClientAuth } from "./auth/flavor.ts";
import type { ClientInterceptor } from "./interceptor.ts";
import { checkTimeout } from "./limits.ts";
import { checkStrictness } from "./option-checks.ts";

/** What one call may set. What is left out is the client's default, then the connection's. */
export interface CallOptions {
  /** Milliseconds until the call rejects with `RPC_TIMEDOUT`. Default 25 000 (libtirpc's stubs); `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds until a call without a reply is sent again, twice as long each time. Over udp the default is an estimate from
   * the round trips before, at first 1000. Over a stream, which loses nothing, only an `idempotent` call is sent again, and only where this is set.
   */
  readonly tryTimeoutMs?: number;
  /** Ends the call with `RPC_ABORTED` when it fires; its reason is the `cause`. The server may have run the procedure. */
  readonly signal?: AbortSignal;
  /** The credentials. Default `authNone`. */
  readonly auth?: ClientAuth;
  /** Running the procedure twice does no harm: the call is sent again where a connection broke before its reply. Default false, but for procedure 0. */
  readonly idempotent?: boolean;
}

/** What a connection can be told. */
export interface ConnectionOptions {
  /** Credentials of calls that set none. Default `authNone`. */
  readonly auth?: ClientAuth;
  /** Milliseconds of calls that set none. Default 25 000. */
  readonly timeoutMs?: number;
  /** Of calls that set none. */
  readonly tryTimeoutMs?: number;
  /**
   * Milliseconds that a call over udp goes on, and is sent again, while the peer's host says that nobody listens; then it fails with
   * `RPC_CANTRECV`. Default 2000, in which a server may restart; 0: at once, as libtirpc; `Infinity`: until its own time is up.
   */
  readonly refusedTimeoutMs?: number;
  /** How strictly messages are decoded. Default `tolerant`. */
  readonly xdr?: XdrStrictness;
  /** Functions around each call, the first one outermost. Default none. */
  readonly interceptors?: readonly ClientInterceptor[];
}

/** Throws a `RangeError` for a value that is none, and would be found at the first call, or never. */
export function checkConnectionOptions(options: ConnectionOptions): void {
  const { timeoutMs, tryTimeoutMs, refusedTimeoutMs, xdr } = options;
  if (timeoutMs !== undefined) checkTimeout(timeoutMs);
  if (tryTimeoutMs !== undefined) checkTimeout(tryTimeoutMs, "tryTimeoutMs");
  if (refusedTimeoutMs !== undefined) checkTimeout(refusedTimeoutMs, "refusedTimeoutMs");
  checkStrictness(xdr);
}

/** Counts of a connection, from its beginning. */
export interface ConnectionStats {
  /** Calls and one-way calls that were made. */
  readonly calls: number;
  /** Messages that were sent again. */
  readonly retransmissions: number;
  /** How often the connection was made again. */
  readonly reconnects: number;
  /** Replies that were dropped: of calls that had ended, or of none. */
  readonly strayReplies: number;
}
