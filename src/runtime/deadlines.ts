/** Times at which calls end, of which nearly all end before. */
import { MAX_TIMER_MS } from "./limits.ts";

/** Lists that are kept though nothing is in them: with more, each call has a time of its own, and its timer goes with it. */
const KEPT_LISTS = 4;

/** What has a deadline: in one list at a time. */
export interface Deadlined {
  /** The list's own. */
  deadline: Place | undefined;
}

/** A place in a list. */
interface Place {
  readonly of: Deadlined;
  readonly list: List;
  readonly atMs: number;
  before: Place | undefined;
  after: Place | undefined;
}

/** All that have the same time to go, in the order in which they end. */
interface List {
  readonly timeoutMs: number;
  first: Place | undefined;
  last: Place | undefined;
  /** Of the first, or of one that has gone since: one timer serves any number of calls. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Calls `expire` with what is still there when its time is up. A timer of its own for each call would cost more than the call. While
 * anything is there, the process is kept alive.
 */
export class Deadlines<T extends Deadlined> {
  readonly #lists = new Map<number, List>();
  readonly #expire: (of: T) => void;

  constructor(expire: (of: T) => void) {
    this.#expire = expire;
  }

  /** @param timeoutMs `Infinity`: it has no deadline */
  add(of: T, timeoutMs: number): void {
    if (timeoutMs === Infinity) return;
    const ms = Math.min(timeoutMs, MAX_TIMER_MS);
    const list = this.#listOf(ms);
    const { last } = list;
    const place: Place = { of, list, atMs: performance.now() + ms, before: last, after: undefined };
    of.deadline = list.last = place;
    if (last !== undefined) last.after = place;
    else {
      list.first = place;
      if (list.timer === undefined) this.#arm(list, ms);
      else list.timer.ref();
    }
  }

  remove(of: T): void {
    const place = of.deadline;
    if (place === undefined) return;
    of.deadline = undefined;
    const { list, before, after } = place;
    if (before === undefined) list.first = after;
    else before.after = after;
    if (after === undefined) list.last = before;
    else after.before = before;
    // One that has grown old before it went would keep all that came behind it from the collector of the young.
    place.before = place.after = undefined;
    if (list.first !== undefined) return;
    list.timer?.unref();
    if (this.#lists.size > KEPT_LISTS) this.#drop(list);
  }

  /** Nothing is there any more, and nothing will be. */
  stop(): void {
    for (const list of this.#lists.values()) this.#drop(list);
  }

  #drop(list: List): void {
    clearTimeout(list.timer);
    list.timer = undefined;
    this.#lists.delete(list.timeoutMs);
  }

  #listOf(timeoutMs: number): List {
    let list = this.#lists.get(timeoutMs);
    if (list === undefined)
      this.#lists.set(timeoutMs, (list = { timeoutMs, first: undefined, last: undefined, timer: undefined }));
    return list;
  }

  #arm(list: List, ms: number): void {
    list.timer = setTimeout(() => {
      this.#elapsed(list);
    }, ms);
  }

  #elapsed(list: List): void {
    list.timer = undefined as NodeJS.Timeout | undefined; // `expire` may make calls, with their timer
    // A timer may fire a little early, as the system's clock of the loop is rounded.
    const nowMs = performance.now() + 1;
    for (let first = list.first; first !== undefined && first.atMs <= nowMs; first = list.first) {
      const of = first.of as T;
      this.remove(of);
      this.#expire(of);
    }
    if (list.first === undefined) this.#drop(list);
    else if (list.timer === undefined) this.#arm(list, Math.max(1, list.first.atMs - performance.now()));
  }
}
