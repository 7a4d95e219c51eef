import { cancelWait, type WaitNumber } from "./on-thread.ts";
import { events, Readiness, type Watched } from "./readiness.ts";
import type { NativeRing } from "./ring-native.ts";
import type { WaitOptions } from "./wait-options.ts";

/**
 * Those who wait for a ring, as for a descriptor: readable where there is a record, writable where there is room. What
 * watches it is a thread for each direction, which takes nothing: records are pushed and popped on JavaScript's thread
 * alone, so nothing is lost where a wait is ended.
 */
export class RingWaits {
  readonly #native: NativeRing;
  readonly #watched: WatchedRing;
  readonly #readiness: Readiness;
  /** The lengths of the records that wait for room, in their order. */
  readonly #pushes = new Set<{ size: number }>();

  constructor(native: NativeRing) {
    this.#native = native;
    this.#watched = new WatchedRing(native, () => this.#firstSize());
    this.#readiness = new Readiness(this.#watched);
  }

  /** Whether a push must line up behind others. */
  get pushing(): boolean {
    return this.#pushes.size > 0;
  }

  async push<T>(size: number, options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    const waiting = { size };
    this.#pushes.add(waiting);
    try {
      return await this.#readiness.wait("writable", "futex", options, attempt);
    } finally {
      this.#pushes.delete(waiting);
      // The next in line may need less room than the one that has given up.
      this.#watched.refresh();
    }
  }

  async pop<T>(options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    try {
      return await this.#readiness.wait("readable", "futex", options, attempt);
    } catch (error) {
      // We may have been woken for a record that nobody here takes.
      if (this.#watched.fd >= 0) this.#native.passOn();
      throw error;
    }
  }

  close(): void {
    this.#watched.close();
    this.#readiness.close();
  }

  #firstSize(): number {
    const [first] = this.#pushes;
    return first?.size ?? 0;
  }
}

interface Watch {
  wait: WaitNumber;
  /** For `writable`: the room that the thread waits for. */
  size: number;
}

class WatchedRing implements Watched {
  fd = 0;
  onReady?: (ready: number) => void;
  readonly #native: NativeRing;
  readonly #size: () => number;
  readonly #watches = new Map<number, Watch>();
  #wanted = 0;

  constructor(native: NativeRing, size: () => number) {
    this.#native = native;
    this.#size = size;
  }

  wait(wanted: number): void {
    this.#wanted = wanted;
    for (const event of [events.readable, events.writable]) {
      const watch = this.#watches.get(event);
      const size = event === events.writable ? this.#size() : 0;
      const fits = (wanted & event) !== 0 && watch?.size === size;
      // Where it can't be cancelled any more its callback comes, and it is looked at again.
      if (watch !== undefined && !fits && cancelWait(watch.wait)) this.#watches.delete(event);
      if ((wanted & event) !== 0 && !this.#watches.has(event)) this.#watch(event, size);
    }
  }

  rest(): void {
    this.wait(0);
  }

  refresh(): void {
    if (this.fd >= 0) this.wait(this.#wanted);
  }

  close(): void {
    this.rest();
    this.fd = -1;
  }

  #watch(event: number, size: number): void {
    const callback = (): void => {
      this.#watches.delete(event);
      if (this.fd >= 0) this.onReady?.(event);
    };
    const wait = event === events.readable ? this.#native.waitPop(callback) : this.#native.waitPush(size, callback);
    this.#watches.set(event, { wait, size });
  }
}
