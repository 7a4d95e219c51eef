import { systemError } from "./system-error.ts";
import { checkWaitOptions, type WaitOptions } from "./wait-options.ts";

/** The ends of a wait that are not its result. Exactly one of them is called, once. */
export interface WaitEnd<T> {
  resolve: (value: T) => void;
  reject: (reason: Error) => void;
}

/**
 * A promise with a time and a signal that end it. Nothing of either stays behind.
 * @param begin starts the wait
 * @param giveUp ends what `begin` has started, with the error that the promise is to reject with. The wait is over unless
 *   it returns false: then its result is there already and comes by itself.
 */
export function boundedWait<T>(
  syscall: string,
  options: WaitOptions,
  begin: (end: WaitEnd<T>) => void,
  giveUp: (reason: "timeout" | "abort") => boolean,
): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal === undefined && timeoutMs === undefined) {
    return new Promise((resolve, reject) => {
      begin({ resolve, reject });
    });
  }
  return new Promise((resolve, reject) => {
    checkWaitOptions(options);
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      if (!giveUp("abort")) return;
      cleanUp();
      reject(signal?.reason as Error);
    };
    const onTimeout = (): void => {
      if (!giveUp("timeout")) return;
      cleanUp();
      reject(systemError("ETIMEDOUT", syscall));
    };
    let timer: NodeJS.Timeout | undefined;
    const cleanUp = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const end: WaitEnd<T> = {
      resolve: (value) => {
        cleanUp();
        resolve(value);
      },
      reject: (reason) => {
        cleanUp();
        reject(reason);
      },
    };
    try {
      signal?.addEventListener("abort", onAbort, { once: true });
      if (timeoutMs !== undefined) timer = setTimeout(onTimeout, timeoutMs);
      begin(end);
    } catch (error) {
      end.reject(error as Error);
    }
  });
}
