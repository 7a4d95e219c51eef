import { addon } from "./addon.ts";
import { boundedWait } from "./bounded-wait.ts";
import type { WaitOptions } from "./wait-options.ts";

/** How the addon tells that a call on a thread has ended. */
export type ThreadCallback<T> = (error: Error | undefined, result: T) => void;

/** A wait on a thread, as the addon counts them. */
export type WaitNumber = number;

interface WaitFunctions {
  cancelWait(wait: WaitNumber): boolean;
  unrefWait(wait: WaitNumber): void;
}

/** Ends a wait on a thread; false where its call has been made already, and the callback comes. */
export function cancelWait(wait: WaitNumber): boolean {
  return (addon() as WaitFunctions).cancelWait(wait);
}

/** How a wait on a thread is bounded, and whether the process waits with it. */
export interface ThreadWaitOptions extends WaitOptions {
  /** The wait does not keep the process alive. Default false. */
  background?: boolean | undefined;
}

/**
 * Ends a wait with a result that came another way. What its own call had taken already goes to `late`. Does nothing once
 * the wait is over.
 */
export type GiveResult<T> = (result: T) => void;

/** The same with an error. */
export type FailWait = (error: Error) => void;

/**
 * Waits in a call that has no descriptor to poll, on a thread of the addon's.
 * @param start the addon's function
 * @param late gets what the call had taken already when the signal came: it must not be lost. Without it the call stands:
 *   its result comes, in spite of the signal
 * @param waiting gets the means to end the wait otherwise
 */
export function waitOnThread<T>(
  syscall: string,
  options: ThreadWaitOptions,
  start: (callback: ThreadCallback<T>) => WaitNumber,
  late?: (result: T) => void,
  waiting?: (give: GiveResult<T>, fail: FailWait) => void,
): Promise<T> {
  let wait: WaitNumber | undefined;
  /** The promise has ended, or was never begun. */
  let over = true;
  return boundedWait<T>(
    syscall,
    options,
    (end) => {
      wait = start((error, result) => {
        if (over) {
          if (error === undefined) late?.(result);
          return;
        }
        over = true;
        if (error === undefined) end.resolve(result);
        else end.reject(error);
      });
      over = false;
      if (options.background === true) (addon() as WaitFunctions).unrefWait(wait);
      const endOtherwise = (): boolean => {
        if (over || wait === undefined) return false;
        over = true;
        cancelWait(wait);
        return true;
      };
      waiting?.(
        (result) => {
          if (endOtherwise()) end.resolve(result);
        },
        (error) => {
          if (endOtherwise()) end.reject(error);
        },
      );
    },
    (reason) => {
      // Whoever aborts is told so in any case; whoever only ran out of time is better served by the result.
      if (wait !== undefined && !cancelWait(wait) && (reason === "timeout" || late === undefined)) return false;
      over = true;
      return true;
    },
  );
}
