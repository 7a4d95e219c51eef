import { DEFAULT_MAX_CONCURRENT_CALLS, DEFAULT_MAX_QUEUED_CALLS } from "./limits.ts";

export interface CallQueueOptions {
  /** Calls that run at a time: a whole number of at least 1, or `Infinity`, the default. */
  readonly maxConcurrentCalls?: number;
  /** Calls that wait, of all connections together; 0 for none. Default 1024. */
  readonly maxQueuedCalls?: number;
}

/** A call that waits for its turn. Neither method throws. */
export interface QueuedCall {
  /** Its turn has come. It ends with `CallQueue.end()`, now or later. */
  start(): void;
  /** It will not be run. `end()` is not called. */
  drop(): void;
}

/**
 * What has become of a call: it runs from now on, and ends with `end()`; it waits; or it was not taken, since its key has as many
 * calls waiting as it may have.
 */
export type Admission = "run" | "queued" | "full";

/**
 * Lets so many calls run at a time, and others wait. A place that is free goes to the keys (connections) that wait in turn, to each of
 * them for one call, so that who sends a thousand calls does not keep out who sends one.
 *
 * A key may add to its waiting calls as long as they are fewer than the places that are left. One that sends without end gets
 * half of the queue, two get a third each, n of them get 1/(n + 1); so that there is room for one more who comes, and still nobody
 * is kept from a place that nobody else wants. (Switches share their buffers so: Choudhury and Hahne's dynamic thresholds.)
 */
export class CallQueue {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #lines = new Map<unknown, Line>();
  /** The line whose turn it is. */
  #next: Line | undefined;
  /** By key: those that want to be told of room and have nothing in the queue, whoever was refused first in front. */
  readonly #doors = new Map<unknown, () => void>();
  #running = 0;
  #waiting = 0;
  #isHandingOn = false;

  /** Throws a `RangeError` for a bound that is none. */
  constructor(options: CallQueueOptions = {}) {
    const { maxConcurrentCalls = DEFAULT_MAX_CONCURRENT_CALLS, maxQueuedCalls = DEFAULT_MAX_QUEUED_CALLS } = options;
    if (!(maxConcurrentCalls >= 1)) throw new RangeError(`maxConcurrentCalls is ${maxConcurrentCalls}, not a number of calls`); // prettier-ignore
    if (!(maxQueuedCalls >= 0)) throw new RangeError(`maxQueuedCalls is ${maxQueuedCalls}, not a number of calls`);
    this.#maxRunning = Math.floor(maxConcurrentCalls);
    this.#maxWaiting = Math.floor(maxQueuedCalls);
  }

  /** Calls that run. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * A call has come. Where it is answered with `run`, the caller runs it, and nothing is allocated; neither of its methods is called.
   *
   * @param key whose share of the queue it takes: compared as in a `Map`
   */
  admit(key: unknown, call: QueuedCall): Admission {
    // Who comes while others wait does not overtake them.
    if (this.#running < this.#maxRunning && this.#waiting === 0) {
      this.#running++;
      return "run";
    }
    const line = this.#lines.get(key);
    if ((line?.length ?? 0) >= this.#maxWaiting - this.#waiting) return "full";
    this.#waiting++;
    if (line === undefined) this.#open(new Line(key, call));
    else line.push(call);
    return "queued";
  }

  /** A call that ran has ended. The next ones are started before this returns, except from within `start()`. */
  end(): void {
    if (this.#running === 0) throw new Error("more calls have ended than were run");
    this.#running--;
    if (this.#waiting > 0 || this.#doors.size > 0) this.#handOn();
  }

  /**
   * `told` is called once, when the key has room again: it was refused, and what it sends can't be dropped. A key with calls of its own in
   * the queue is told when these are down to half of what is left, so that its connection is not stopped and let go for each call.
   */
  whenRoom(key: unknown, told: () => void): void {
    const line = this.#lines.get(key);
    if (line === undefined) this.#doors.set(key, told);
    else line.told = told;
    // It may have room already; from within `told` that is looked at when it returns.
    this.#handOn();
  }

  /** Its connection has ended: its calls are dropped, and it is told of nothing any more. */
  forget(key: unknown): void {
    this.#doors.delete(key);
    const line = this.#lines.get(key);
    if (line === undefined) return;
    this.#close(line);
    this.#waiting -= line.length;
    for (let call = line.shift(); call !== undefined; call = line.shift()) call.drop();
    this.#handOn();
  }

  /** Gives what is free to those who wait. A loop, not a recursion: calls that end at once start the next ones. */
  #handOn(): void {
    if (this.#isHandingOn) return;
    this.#isHandingOn = true;
    try {
      for (;;) {
        if (this.#next !== undefined && this.#running < this.#maxRunning) this.#startNext(this.#next);
        else if (this.#waiting < this.#maxWaiting || this.#running < this.#maxRunning) {
          const [door] = this.#doors;
          if (door === undefined) return;
          this.#doors.delete(door[0]);
          door[1]();
        } else return;
      }
    } finally {
      this.#isHandingOn = false;
    }
  }

  #startNext(line: Line): void {
    const call = line.shift();
    this.#waiting--;
    this.#running++;
    this.#next = line.after;
    if (line.length === 0) {
      this.#close(line);
      // Told at the door, for others may have taken the places that were free.
      if (line.told !== undefined) this.#doors.set(line.key, line.told);
    }
    call?.start();
    const { told } = line;
    if (told === undefined || line.length === 0 || line.length > (this.#maxWaiting - this.#waiting) / 2) return;
    line.told = undefined;
    told();
  }

  /** Behind all others: in front of the one whose turn it is. */
  #open(line: Line): void {
    this.#lines.set(line.key, line);
    const next = this.#next;
    if (next === undefined) this.#next = line;
    else {
      line.before = next.before;
      line.after = next;
      next.before.after = line;
      next.before = line;
    }
  }

  #close(line: Line): void {
    this.#lines.delete(line.key);
    line.before.after = line.after;
    line.after.before = line.before;
    if (this.#next === line) this.#next = line.after === line ? undefined : line.after;
  }
}

interface Place {
  readonly call: QueuedCall;
  behind: Place | undefined;
}

/** What waits of one key. Those that have something in them lie in a ring. */
class Line {
  readonly key: unknown;
  before: Line = this;
  after: Line = this;
  told: (() => void) | undefined = undefined;
  length = 1;
  #first: Place | undefined;
  #last: Place;

  constructor(key: unknown, call: QueuedCall) {
    this.key = key;
    this.#first = this.#last = { call, behind: undefined };
  }

  /** There is a call in it. */
  push(call: QueuedCall): void {
    this.#last = this.#last.behind = { call, behind: undefined };
    this.length++;
  }

  shift(): QueuedCall | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#first = first.behind;
    this.length--;
    return first.call;
  }
}
