/** Sends that may have to wait for room, each for those before it. */
import { FLUSH_TIMEOUT_MS } from "../../limits.ts";

export class OrderedSends {
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** Whether nothing waits: what is sent now is next. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /** Sends when all before are done, whether they have failed or not. */
  run(send: () => Promise<void>): Promise<void> {
    this.#waiting++;
    const sent = this.#tail.then(send).finally(() => this.#waiting--);
    this.#tail = sent.catch(() => undefined);
    return sent;
  }

  /** Calls `end` when nothing waits, but after `FLUSH_TIMEOUT_MS` at the latest. */
  finish(end: () => void): void {
    if (this.isIdle) {
      end();
      return;
    }
    const timer = setTimeout(end, FLUSH_TIMEOUT_MS);
    void this.#tail.then(() => {
      clearTimeout(timer);
      end();
    });
  }
}
