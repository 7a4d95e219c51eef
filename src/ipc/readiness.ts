import { boundedWait, type WaitEnd } from "./bounded-wait.ts";
import { MAX_RESULTS_AT_ONCE } from "./limits.ts";
import { Patience } from "./patience.ts";
import { systemError } from "./system-error.ts";
import { checkWaitOptions, type WaitOptions } from "./wait-options.ts";

/** What a descriptor is waited for: poll's events, as the addon takes them. */
export const events = { readable: 1, writable: 2 } as const;
export type Direction = keyof typeof events;

/** What is waited for: a descriptor of the addon's, or what behaves as one. */
export interface Watched {
  /** Negative once closed. */
  readonly fd: number;
  onReady?: (ready: number) => void;
  /** Calls `onReady` each time that one of the events is there, until `rest`. */
  wait(events: number): void;
  rest(): void;
}

interface Waiter {
  attempt: () => boolean;
  reject: (reason: Error) => void;
  syscall: string;
}

/**
 * Those who wait for a descriptor: served in the order in which they came, each direction for itself. The loop is kept
 * alive while someone waits.
 */
export class Readiness {
  readonly #descriptor: Watched;
  readonly #waiters: Record<Direction, Set<Waiter>> = { readable: new Set(), writable: new Set() };
  readonly #patience: Record<Direction, Patience> = { readable: new Patience(), writable: new Patience() };
  #atOnce = 0;
  /** Asked once: the number is the addon's, and each wait would pay for asking. */
  #closed: boolean;

  constructor(descriptor: Watched) {
    this.#descriptor = descriptor;
    this.#closed = descriptor.fd < 0;
    descriptor.onReady = (ready) => {
      this.#atOnce = 0;
      if ((ready & events.readable) !== 0) this.#serve(this.#waiters.readable);
      if ((ready & events.writable) !== 0) this.#serve(this.#waiters.writable);
      try {
        this.#watch();
      } catch (error) {
        // Nothing will come for anyone.
        this.#rejectAll(() => error as Error);
      }
    };
  }

  /**
   * What `attempt` yields, as soon as it yields something: at once, where nobody waits before it.
   * @param attempt a call that does not wait: `undefined` where it would have had to
   */
  wait<T>(direction: Direction, syscall: string, options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    const waiters = this.#waiters[direction];
    if (waiters.size === 0 && this.#atOnce < MAX_RESULTS_AT_ONCE && !this.#closed) {
      // Most waits end here: they are not to pay for what the others need.
      try {
        checkWaitOptions(options);
        options.signal?.throwIfAborted();
        this.#atOnce += 1;
        const result = attempt();
        if (result !== undefined) return Promise.resolve(result);
      } catch (error) {
        const reason: Error = error as Error;
        return Promise.reject(reason);
      }
    }
    let waiter: Waiter | undefined;
    return boundedWait<T>(
      syscall,
      options,
      (end) => {
        if (this.#closed) throw systemError("EBADF", syscall);
        waiter = { attempt: () => settle(end, attempt), reject: end.reject, syscall };
        this.#begin(waiters, waiter, this.#patience[direction]);
      },
      (reason) => {
        if (waiter === undefined) return true;
        const [first] = waiters;
        waiters.delete(waiter);
        // A loop that was busy sees the time pass before it sees what had come in time.
        const late = reason === "timeout" && first === waiter && waiter.attempt();
        this.#watch();
        return !late;
      },
    );
  }

  /** Rejects everyone who waits with `ECANCELED`: the descriptor is closed. */
  close(): void {
    this.#closed = true;
    this.#rejectAll((syscall) => systemError("ECANCELED", syscall));
  }

  #rejectAll(reason: (syscall: string) => Error): void {
    for (const waiters of Object.values(this.#waiters)) {
      for (const { reject, syscall } of waiters) reject(reason(syscall));
      waiters.clear();
    }
  }

  #begin(waiters: Set<Waiter>, waiter: Waiter, patience: Patience): void {
    const wait = (): void => {
      try {
        this.#watch();
      } catch (error) {
        waiters.delete(waiter);
        waiter.reject(error as Error);
      }
    };
    const attempt = (): boolean => {
      if (waiters.has(waiter) && !waiter.attempt()) return false;
      waiters.delete(waiter);
      return true;
    };
    waiters.add(waiter);
    if (waiters.size > 1) wait();
    else if (this.#atOnce < MAX_RESULTS_AT_ONCE) patience.begin(attempt, wait);
    else
      setImmediate(() => {
        this.#atOnce = 0;
        if (!attempt()) patience.begin(attempt, wait);
      });
  }

  #serve(waiters: Set<Waiter>): void {
    for (const waiter of waiters) {
      if (!waiter.attempt()) return;
      waiters.delete(waiter);
    }
  }

  #watch(): void {
    if (this.#closed) return;
    const { readable, writable } = this.#waiters;
    const wanted = (readable.size > 0 ? events.readable : 0) | (writable.size > 0 ? events.writable : 0);
    if (wanted === 0) this.#descriptor.rest();
    else this.#descriptor.wait(wanted);
  }
}

/** @returns whether the wait has ended */
function settle<T>(end: WaitEnd<T>, attempt: () => T | undefined): boolean {
  try {
    const result = attempt();
    if (result === undefined) return false;
    end.resolve(result);
  } catch (error) {
    end.reject(error as Error);
  }
  return true;
}
