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

/** As setTimeout's: a longer time would pass at once there. */
const maxTimeoutMs = 2_147_483_647;

/** @throws RangeError where `timeoutMs` is none */
export function checkWaitOptions({ timeoutMs }: SyncWaitOptions): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs === "number" && timeoutMs >= 0 && timeoutMs <= maxTimeoutMs) return;
  throw new RangeError(`timeoutMs must be from 0 to ${String(maxTimeoutMs)}, not ${String(timeoutMs)}`);
}
