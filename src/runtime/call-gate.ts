import type { CallQueue, QueuedCall } from "./call-queue.ts";

/** What a gate does to its connection. */
export interface GatedFlow {
  pause(): void;
  resume(): void;
}

/**
 * A stream's way into the queue. What has been read of a stream can't be dropped, for its client does not send it again: the gate holds what the
 * queue refuses, and lets no more be read until that is in. So it holds no more than came in one piece.
 * (A datagram needs no gate: what is refused is dropped, and its client asks again.)
 */
export class CallGate {
  readonly #queue: CallQueue;
  readonly #flow: GatedFlow;
  readonly #held: QueuedCall[] = [];

  constructor(queue: CallQueue, flow: GatedFlow) {
    this.#queue = queue;
    this.#flow = flow;
  }

  /** Calls that the queue has refused so far. */
  get held(): number {
    return this.#held.length;
  }

  /** True: it runs from now on, and ends with the queue's `end()`. False: it is started, or dropped, later. */
  admit(call: QueuedCall): boolean {
    if (this.#held.length === 0) {
      const admission = this.#queue.admit(this, call);
      if (admission !== "full") return admission === "run";
      this.#flow.pause();
      this.#held.push(call);
      this.#queue.whenRoom(this, this.#told);
    } else this.#held.push(call);
    return false;
  }

  /** The connection has ended: what waits of it is dropped. */
  forget(): void {
    const held = this.#held.splice(0);
    this.#queue.forget(this);
    for (const call of held) call.drop();
  }

  readonly #told = (): void => {
    for (let call = this.#held[0]; call !== undefined; call = this.#held[0]) {
      const admission = this.#queue.admit(this, call);
      if (admission === "full") break;
      // Before it starts: whatever that leads to finds only what is held still.
      this.#held.shift();
      if (admission === "run") call.start();
    }
    if (this.#held.length > 0) this.#queue.whenRoom(this, this.#told);
    else this.#flow.resume();
  };
}
