/** Whether an end of a shm connection looks for an answer, or sleeps at once. */

/** Beyond so many microseconds between what was sent and what came, looking would not have seen it: the time of two processors' waking, and some. */
const WORTH_IT_US = 150;
/** What a gap counts at most, so that a fast peer is soon known again. */
const LONGEST_GAP_US = 1000;

/** Running average of the microseconds from what was sent to what came. */
export class Gap {
  readonly #isAlways: boolean;
  #us = 0;

  /** @param isAlways looking is worth it whatever the peer does */
  constructor(isAlways: boolean) {
    this.#isAlways = isAlways;
  }

  get isWorthIt(): boolean {
    return this.#isAlways || this.#us < WORTH_IT_US;
  }

  answered(us: number): void {
    this.#us += (Math.min(us, LONGEST_GAP_US) - this.#us) / 8;
  }
}
