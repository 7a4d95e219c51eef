import { addon } from "./addon.ts";
import { boundedWait } from "./bounded-wait.ts";
import type { Patience } from "./patience.ts";
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

/** How a wait may end without a thread. */
export interface LookBefore<T> {
  patience: Patience;
  /** The same call, without waiting: `undefined` where it would have had to. */
  attempt: () => T | undefined;
}

/**
 * Waits in a call that has no descriptor to poll, on a thread of the addon's.
 * @param start the addon's function
 * @param late gets what the call had taken already when the signal came: it must not be lost. Without it the call stands:
 *   its result comes, in spite of the signal
 * @param waiting gets the means to end the wait otherwise
 * @param before looks for the result for a while before there is a thread
 */
export function waitOnThread<T>(
  syscall: string,
  options: ThreadWaitOptions,
  start: (callback: ThreadCallback<T>) => WaitNumber,
  late?: (result: T) => void,
  waiting?: (give: GiveResult<T>, fail: FailWait) => void,
  before?: LookBefore<T>,
): Promise<T> {
  /** None while it is only looked for. */
  let wait: WaitNumber | undefined;
  let over = false;
  const finish = (): void => {
    over = true;
    before?.patience.leave();
  };
  return boundedWait<T>(
    syscall,
    options,
    (end) => {
      const begin = (): void => {
        wait = start((error, result) => {
          if (over) {
            if (error === undefined) late?.(result);
            return;
          }
          finish();
          if (error === undefined) end.resolve(result);
          else end.reject(error);
        });
        if (options.background === true) (addon() as WaitFunctions).unrefWait(wait);
      };
      const ending =
        <Value>(call: (value: Value) => void) =>
        (value: Value): void => {
          if (over) return;
          finish();
          if (wait !== undefined) cancelWait(wait);
          call(value);
        };
      const [give, fail] = [ending(end.resolve), ending(end.reject)];
      if (before === undefined) begin();
      else {
        before.patience.enter();
        lookFirst(before, () => over, give, fail, begin);
      }
      waiting?.(give, fail);
    },
    (reason) => {
      // Whoever aborts is told so in any case; whoever only ran out of time is better served by the result.
      if (wait !== undefined && !cancelWait(wait) && (reason === "timeout" || late === undefined)) return false;
      finish();
      return true;
    },
  );
}

function lookFirst<T>(
  { patience, attempt }: LookBefore<T>,
  over: () => boolean,
  give: GiveResult<T>,
  fail: FailWait,
  begin: () => void,
): void {
  patience.begin(
    () => {
      if (over()) return true;
      try {
        const result = attempt();
        if (result === undefined) return false;
        give(result);
      } catch (error) {
        fail(error as Error);
      }
      return true;
    },
    () => {
      try {
        begin();
      } catch (error) {
        fail(error as Error);
      }
    },
  );
}
