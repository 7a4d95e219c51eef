/**
 * Looking for a while before waiting.
 * @module
 */
import { performance } from "node:perf_hooks";
import { addon } from "./addon.ts";
import { MAX_LOOK_AWAY_US, MAX_LOOK_US, MAX_LOOKS_AT_ONCE, MAX_WAITS_WITHOUT_LOOK } from "./limits.ts";

interface ProcessorFunctions {
  yieldProcessor(): void;
}

const native = (): ProcessorFunctions => addon() as ProcessorFunctions;

/** Waits of a new handle that are not looked for: most handles are not in a conversation. */
const waitsBeforeLook = 4;

/** What this turn of the event loop has had of looking, over all handles: it is held up meanwhile. */
const turn = { looks: 0, begun: false };

const clock = (): number => performance.now();

function endOfTurn(): void {
  turn.looks = 0;
  turn.begun = false;
}

/**
 * How long a handle looks whether a wait is over before it has the kernel, or a thread, tell it: both cost more than all
 * the rest of a conversation between two processes. Whoever looks leaves the processor to others between two looks, so the
 * peer that is to answer may be on the same one.
 *
 * It looks only where it helps: after a look in vain the next one waits are begun at once, then 2, 4, and so on.
 */
export class Patience {
  /** Waits to begin at once before the next look. */
  #skips = waitsBeforeLook;
  #penalty = waitsBeforeLook;
  #waits = 0;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that nobody sets. Default: the system's */
  constructor(now: () => number = clock) {
    this.#now = now;
  }

  /** A wait that goes on until {@link leave}. Who waits for several things at once is in no conversation: then nobody looks. */
  enter(): void {
    this.#waits += 1;
  }

  leave(): void {
    this.#waits -= 1;
  }

  /**
   * Begins a wait. Not at once: first whatever JavaScript has to do runs, since it may be what brings about the result; and
   * where this turn of the loop has had its looks, the loop turns first.
   * @param attempt whether the wait is over, by a result or otherwise. It does not throw
   * @param wait has it told; called where looking was in vain
   */
  begin(attempt: () => boolean, wait: () => void): void {
    if (this.#waits > 1 || this.#skips > 0) {
      if (this.#skips > 0) this.#skips -= 1;
      wait();
      return;
    }
    const look = (): void => {
      if (!this.#look(attempt)) wait();
    };
    if (turn.looks < MAX_LOOKS_AT_ONCE) process.nextTick(look);
    else
      setImmediate(() => {
        if (!attempt()) look();
      });
    turn.looks += 1;
    if (turn.begun) return;
    turn.begun = true;
    setImmediate(endOfTurn);
  }

  #look(attempt: () => boolean): boolean {
    const begin = this.#now();
    let over: boolean;
    let took: number;
    do {
      native().yieldProcessor();
      over = attempt();
      took = 1000 * (this.#now() - begin);
    } while (!over && took < MAX_LOOK_US);
    // Where others that have much to do share the processor it comes back late: then the kernel wakes us sooner. A peer that
    // was woken and answered may have had it longer than we look ourselves.
    if (over && took < MAX_LOOK_AWAY_US) this.#penalty = 0;
    else {
      this.#penalty = Math.min(Math.max(1, 2 * this.#penalty), MAX_WAITS_WITHOUT_LOOK);
      this.#skips = this.#penalty;
      // Others' waits are not held up by more looks of this turn.
      turn.looks = Math.max(turn.looks, MAX_LOOKS_AT_ONCE);
    }
    return over;
  }
}
