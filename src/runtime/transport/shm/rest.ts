/** When an end of a shm connection looks for what the peer writes, and when it sleeps until a bell is rung. */
import { type Spinner } from "../../../ipc/spinner.ts";
import { SHM_LOOK_SHARE_US, SHM_LOOK_US, SHM_TURN_US } from "../../limits.ts";
import { Gap } from "./gap.ts";

/** What looks, and what happens then. */
export interface Looking {
  readonly spinner: Spinner;
  /** The peer's position while there is nothing to read. */
  position(): number;
  /** Reads what is there. @returns how many messages; undefined where there was nothing */
  read(): number | undefined;
  /** Whether the peer owes something, so that a look is to follow the one that was answered. */
  expects(): boolean;
  /** Whether the peer is in the middle of a record: what it owes is its rest, however long the whole takes. */
  isInRecord(): boolean;
  /** Whether there is anything to read. */
  hasMore(): boolean;
  /** Asks the peer for its bell. @returns false where there is something to read already */
  sleep(): boolean;
  /** Takes that back. */
  wake(): void;
}

/** What a look and a short call take, about: a look at the clock at each of them would be a twentieth of it. */
const CALL_US = 4;
/** So many of them without a look at the clock: handlers may take longer than that. */
const CALLS_PER_TIME = 8;

/** Connections of this thread that look just now: they share the time. */
let looking = 0;

/** When this thread's event loop had its turn. */
const turn = {
  atMs: 0,
  /** Microseconds since then, as far as it is known. */
  heldUs: 0,
  callsToTime: CALLS_PER_TIME,

  begin(): void {
    this.heldUs = 0;
    this.callsToTime = CALLS_PER_TIME;
    this.atMs = performance.now();
  },

  /** Some calls have been read, and what they brought about was done. */
  spend(calls: number): void {
    this.heldUs += CALL_US;
    this.callsToTime -= calls;
    if (this.callsToTime > 0) return;
    this.callsToTime = CALLS_PER_TIME;
    this.heldUs = (performance.now() - this.atMs) * 1000;
  },
};

/**
 * Looking costs a processor and holds the event loop up, and sleeping costs the time that a processor takes to wake. So an end looks
 * behind what it has sent, for SHM_LOOK_US at most, and only as long as its peer has been answering within such a time; it never looks
 * where it expects nothing.
 */
export class Rest {
  readonly #looking: Looking;
  readonly #lookUs: number;
  readonly #gap: Gap;
  /** From a piece of a record to the next one. */
  readonly #pieces: Gap;
  /** Of what is waited for now. */
  #awaited: Gap;
  /** Of the look that goes on: microseconds so far. */
  #spentUs = 0;
  /** Of what was sent and not looked for. */
  #sentAtMs: number | undefined;
  #isScheduled = false;
  #isSleeping = false;
  #isEnding = false;
  #isStopped = false;

  /** @param busyPollUs the time to look, whether the peer is fast or not; undefined: as it turns out */
  constructor(of: Looking, busyPollUs: number | undefined) {
    this.#looking = of;
    this.#awaited = this.#gap = new Gap(busyPollUs !== undefined);
    this.#pieces = new Gap(busyPollUs !== undefined);
    this.#lookUs = busyPollUs ?? SHM_LOOK_US;
  }

  /** Begins, asleep. @returns false where there is something to read already */
  start(): boolean {
    return this.#sleep();
  }

  /** Something was sent: an answer may be near. */
  sent(): void {
    this.#spentUs = 0;
    if (this.#isScheduled) return;
    this.#awaited = this.#gap;
    if (!this.#gap.isWorthIt) this.#sentAtMs ??= performance.now();
    else {
      this.#sentAtMs = undefined;
      this.#schedule();
    }
  }

  /** The bell was rung. */
  rung(): void {
    this.#isSleeping = false;
    turn.begin();
    if (this.#sentAtMs !== undefined && this.#looking.hasMore()) {
      this.#awaited.answered((turn.atMs - this.#sentAtMs) * 1000);
      this.#sentAtMs = undefined;
    }
    this.#read();
    this.#goOn();
  }

  /** No more looks. */
  stop(): void {
    this.#isStopped = true;
    if (this.#isScheduled) looking--;
    this.#isScheduled = false;
  }

  #schedule(): void {
    this.#isScheduled = true;
    looking++;
    if (this.#isSleeping) {
      this.#isSleeping = false;
      this.#looking.wake();
    }
    // Whoever waits for timers and other sockets has a turn now and then.
    if (turn.heldUs < SHM_TURN_US) process.nextTick(look, this);
    else setImmediate(lookInTurn, this);
  }

  /** The event loop has its turn. */
  lookInTurn(): void {
    turn.begin();
    this.look();
  }

  #read(): void {
    turn.spend(1 + (this.#looking.read() ?? 0));
  }

  look(): void {
    if (this.#isStopped) return;
    this.#isScheduled = false;
    const many = looking > 1;
    looking--;
    const what = this.#looking;
    const us = many ? Math.min(this.#lookUs, SHM_LOOK_SHARE_US) : this.#lookUs;
    const spun = what.spinner.spin(what.position(), us);
    if (spun >= 0) {
      this.#awaited.answered(this.#spentUs + spun);
      this.#spentUs = 0;
      turn.heldUs += spun;
      this.#read();
      this.#goOn();
      return;
    }
    this.#spentUs += us;
    turn.heldUs += us;
    if (this.#spentUs < this.#lookUs) this.#schedule();
    else {
      this.#sentAtMs = performance.now() - this.#spentUs / 1000;
      this.#fallAsleep();
    }
  }

  /** What was read may be answered before this turn ends. */
  #goOn(): void {
    if (this.#isScheduled || this.#isStopped) return;
    const isInRecord = this.#looking.isInRecord();
    const awaited = isInRecord ? this.#pieces : this.#gap;
    if (isInRecord || this.#looking.expects()) {
      this.#awaited = awaited;
      if (awaited.isWorthIt) {
        this.#schedule();
        return;
      }
      if (isInRecord) this.#sentAtMs ??= performance.now();
    }
    if (this.#isEnding) return;
    this.#isEnding = true;
    setImmediate(() => {
      this.#isEnding = false;
      turn.begin();
      if (!this.#isScheduled && !this.#isStopped && !this.#isSleeping) this.#fallAsleep();
    });
  }

  #fallAsleep(): void {
    if (this.#sleep()) return;
    this.#read();
    this.#goOn();
  }

  #sleep(): boolean {
    return (this.#isSleeping = this.#looking.sleep());
  }
}

function look(rest: Rest): void {
  rest.look();
}

function lookInTurn(rest: Rest): void {
  rest.lookInTurn();
}
