import { boundedWait } from "./bounded-wait.ts";
import type { WaitOptions } from "./wait-options.ts";

/** How the addon tells that a call on a thread has ended. */
export type ThreadCallback<T> = (error: Error | undefined, result: T) => void;

/** Ends a wait on a thread; false where its call has been made already, and the callback comes. */
export type CancelThread = () => boolean;

/**
 * Waits in a call that has no descriptor to poll, on a thread of the addon's.
 * @param start the addon's function
 * @param late gets what the call had taken already when the signal came: it must not be lost
 */
export function waitOnThread<T>(
  syscall: string,
  options: WaitOptions,
  start: (callback: ThreadCallback<T>) => CancelThread,
  late: (result: T) => void,
): Promise<T> {
  let cancel: CancelThread | undefined;
  let aborted = false;
  return boundedWait<T>(
    syscall,
    options,
    (end) => {
      cancel = start((error, result) => {
        if (aborted) {
          if (error === undefined) late(result);
        } else if (error === undefined) end.resolve(result);
        else end.reject(error);
      });
    },
    (reason) => {
      if (cancel?.() !== false) return true;
      // Whoever aborts is told so in any case; whoever only ran out of time is better served by the result.
      aborted = reason === "abort";
      return aborted;
    },
  );
}
