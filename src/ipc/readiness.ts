import { boundedWait, type WaitEnd } from "./bounded-wait.ts";
import { systemError } from "./system-error.ts";
import type { WaitOptions } from "./wait-options.ts";

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

  constructor(descriptor: Watched) {
    this.#descriptor = descriptor;
    descriptor.onReady = (ready) => {
      if ((ready & events.readable) !== 0) this.#serve(this.#waiters.readable);
      if ((ready & events.writable) !== 0) this.#serve(this.#waiters.writable);
      this.#watch();
    };
  }

  /**
   * What `attempt` yields, as soon as it yields something.
   * @param attempt a call that does not wait: `undefined` where it would have had to
   */
  wait<T>(direction: Direction, syscall: string, options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    const waiters = this.#waiters[direction];
    let waiter: Waiter | undefined;
    return boundedWait<T>(
      syscall,
      options,
      (end) => {
        waiter = { attempt: () => settle(end, attempt), reject: end.reject, syscall };
        waiters.add(waiter);
        this.#watch();
      },
      () => {
        if (waiter !== undefined) waiters.delete(waiter);
        this.#watch();
        return true;
      },
    );
  }

  /** Rejects everyone who waits with `ECANCELED`: the descriptor is closed. */
  close(): void {
    for (const waiters of Object.values(this.#waiters)) {
      for (const { reject, syscall } of waiters) reject(systemError("ECANCELED", syscall));
      waiters.clear();
    }
  }

  #serve(waiters: Set<Waiter>): void {
    for (const waiter of waiters) {
      if (!waiter.attempt()) return;
      waiters.delete(waiter);
    }
  }

  #watch(): void {
    if (this.#descriptor.fd < 0) return;
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
