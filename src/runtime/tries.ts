/** When calls are sent again: one timer for all calls of a connection, nearly all of which are answered before. */
import { MAX_TIMER_MS } from "./limits.ts";

/** What is tried again. */
export interface Tried {
  /** Of `performance.now()`; `Infinity`: not again. */
  nextTryAtMs: number;
}

export class Tries<T extends Tried> {
  readonly #all: () => readonly T[];
  readonly #again: (of: T) => void;
  #timer: NodeJS.Timeout | undefined;
  /** When it fires: at the next try, or before, where that was of a call which is over. */
  #atMs = Infinity;

  /**
   * @param all that may have to be tried again
   * @param again told of each whose time has come
   */
  constructor(all: () => readonly T[], again: (of: T) => void) {
    this.#all = all;
    this.#again = again;
  }

  /** Tries it again after so many milliseconds, unless that is asked for anew, or it is over before. */
  plan(of: T, ms: number): void {
    of.nextTryAtMs = performance.now() + ms;
    if (of.nextTryAtMs < this.#atMs) this.#arm(of.nextTryAtMs);
  }

  /** Nothing is tried again from here on. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#atMs = Infinity;
  }

  #arm(atMs: number): void {
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    const ms = Math.min(Math.max(1, Math.ceil(atMs - performance.now())), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      this.#elapsed();
    }, ms);
    // What waits for a call is its deadline's timer.
    this.#timer.unref();
  }

  #elapsed(): void {
    this.#timer = undefined;
    this.#atMs = Infinity;
    // A timer may fire a little early, as the system's clock of the loop is rounded.
    const nowMs = performance.now() + 1;
    for (const of of this.#all()) {
      if (of.nextTryAtMs > nowMs) continue;
      of.nextTryAtMs = Infinity;
      this.#again(of);
    }
    const nextMs = this.#all().reduce((least, { nextTryAtMs }) => Math.min(least, nextTryAtMs), Infinity);
    if (nextMs < this.#atMs) this.#arm(nextMs);
  }
}
