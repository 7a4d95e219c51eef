import { boundedWait } from "./bounded-wait.ts";
import type { WaitOptions } from "./wait-options.ts";

/** How the addon tells that a call on a thread has ended. */
export type ThreadCallback<T> = (error: Error | undefined, result: T) => void;

/** Ends a wait on a thread; false where its call has been made already, and the callback comes. */
export type CancelThread = () => boolean;

/**
 * Ends a wait with a result that came another way. What its own call had taken already goes to `late`. Does nothing once
 * the wait is over.
 */
export type GiveResult<T> = (result: T) => void;

/**
 * Waits in a call that has no descriptor to poll, on a thread of the addon's.
 * @param start the addon's function
 * @param late gets what the call had taken already when the signal came: it must not be lost. Without it the call stands:
 *   its result comes, in spite of the signal
 * @param waiting gets the means to end the wait otherwise
 */
export function waitOnThread<T>(
  syscall: string,
  options: WaitOptions,
  start: (callback: ThreadCallback<T>) => CancelThread,
  late?: (result: T) => void,
  waiting?: (give: GiveResult<T>) => void,
): Promise<T> {
  let cancel: CancelThread | undefined;
  /** The promise has ended, or was never begun. */
  let over = true;
  return boundedWait<T>(
    syscall,
    options,
    (end) => {
      cancel = start((error, result) => {
        if (over) {
          if (error === undefined) late?.(result);
          return;
        }
        over = true;
        if (error === undefined) end.resolve(result);
        else end.reject(error);
      });
      over = false;
      waiting?.((result) => {
        if (over) return;
        over = true;
        cancel?.();
        end.resolve(result);
      });
    },
    (reason) => {
      // Whoever aborts is told so in any case; whoever only ran out of time is better served by the result.
      if (cancel?.() === false && (reason === "timeout" || late === undefined)) return false;
      over = true;
      return true;
    },
  );
}
