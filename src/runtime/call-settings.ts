import type { ClientAuth } from "./auth/flavor.ts";
import { authNone } from "./auth/none.ts";
import type { CallOptions, ConnectionOptions } from "./connection-options.ts";
import { DEFAULT_TIMEOUT_MS, checkTimeout } from "./limits.ts";

/** What a call is made with, its defaults filled in. */
export interface CallSettings {
  readonly auth: ClientAuth;
  readonly timeoutMs: number;
  /** Undefined: the round trip decides. */
  readonly tryTimeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly isIdempotent: boolean;
  /** It waits for no reply: it ends when it is sent. */
  readonly isOneWay: boolean;
}

/** Of a call that waits for its reply. Throws a `RangeError` for a time that is none. */
export function callSettings(own: ConnectionOptions, options: CallOptions, procedureNumber: number): CallSettings {
  const { timeoutMs = own.timeoutMs ?? DEFAULT_TIMEOUT_MS, auth = own.auth ?? authNone } = options;
  const { tryTimeoutMs = own.tryTimeoutMs, idempotent = procedureNumber === 0, signal } = options;
  checkTimeout(timeoutMs);
  if (tryTimeoutMs !== undefined) checkTimeout(tryTimeoutMs, "tryTimeoutMs");
  return { auth, timeoutMs, tryTimeoutMs, signal, isIdempotent: idempotent, isOneWay: false };
}
