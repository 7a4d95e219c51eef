import { MAX_WAIT_MS } from "./limits.ts";

/** How long a call waits at most. */
export interface SyncWaitOptions {
  /** Milliseconds until it fails with `ETIMEDOUT`, from 0 to 2147483647. Default: it waits for ever. */
  timeoutMs?: number | undefined;
}

/** How long an asynchronous call waits at most, and what ends it before. */
export interface WaitOptions extends SyncWaitOptions {
  /** Ends the wait: it rejects with the signal's reason, and has done nothing. */
  signal?: AbortSignal | undefined;
}

/** @throws RangeError where `timeoutMs` is none */
export function checkWaitOptions({ timeoutMs }: SyncWaitOptions): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs === "number" && timeoutMs >= 0 && timeoutMs <= MAX_WAIT_MS) return;
  throw new RangeError(`timeoutMs must be from 0 to ${String(MAX_WAIT_MS)}, not ${String(timeoutMs)}`);
}
