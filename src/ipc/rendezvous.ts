import { waitOnThread } from "./on-thread.ts";
import { nativeRing } from "./ring-native.ts";
import type { Ring } from "./ring.ts";
import { timeLeft } from "./time-left.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

/** Attempts to take an offer back while another holds the ring: each of them waits for 50 ms itself. */
const maxWithdrawals = 20;

interface Offer {
  /** Where the record lies. */
  ticket: [units: number, records: number];
  length: number;
}

/**
 * A ring used as a mailbox of no capacity. Who sends offers its message in the ring until a receiver has taken it, and
 * takes it back where it gives up. Who receives says that it wants one, so that who does not wait knows whether there is
 * someone to take it.
 */
export class Rendezvous {
  readonly #ring: Ring;
  /** Came while a receive was given up: for the next one. */
  readonly #taken: Uint8Array[] = [];
  /** Offers of ours that wait. */
  readonly #offers = new Set<Offer>();

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /** Hands the message to a receiver that waits. */
  trySend(bytes: Uint8Array): boolean {
    return this.#ring.settled(this.#ring.native.pushWanted(bytes)) !== -1;
  }

  async send(bytes: Uint8Array, options: WaitOptions): Promise<void> {
    const { native } = this.#ring;
    const left = timeLeft(options.timeoutMs);
    const offer = await this.#ring.pushWith(bytes, options, () => {
      if (this.#ring.settled(native.push(bytes)) === -1) return undefined;
      const made = { ticket: native.ticket, length: bytes.length };
      this.#offers.add(made);
      return made;
    });
    try {
      await waitOnThread<undefined>("futex", { ...options, timeoutMs: left() }, (callback) =>
        native.waitTaken(...offer.ticket, callback),
      );
    } catch (error) {
      // Taken in the last moment: whoever aborts is told so in any case.
      if (this.#withdraw(offer) || options.signal?.aborted === true) throw error;
    } finally {
      this.#offers.delete(offer);
    }
  }

  sendSync(bytes: Uint8Array, { timeoutMs }: SyncWaitOptions): void {
    checkWaitOptions({ timeoutMs });
    const { native } = this.#ring;
    const left = timeLeft(timeoutMs);
    this.#ring.settled(nativeRing().ringPushSync(this.#ring.key, bytes, timeoutMs));
    const { ticket } = native;
    try {
      native.waitTakenSync(...ticket, left());
    } catch (error) {
      if (this.#withdraw({ ticket, length: bytes.length })) throw error;
    }
  }

  tryReceive(): Uint8Array | undefined {
    return this.#taken.shift() ?? this.#ring.tryPop();
  }

  async receive(options: WaitOptions): Promise<Uint8Array> {
    const taken = this.#taken.shift();
    if (taken !== undefined) return taken;
    const { native } = this.#ring;
    const state = { wants: false };
    try {
      return await this.#ring.popWith(options, () => {
        // No more before than after the pop: a message that was sent because we want one must not be left alone.
        if (state.wants) native.unwant();
        state.wants = false;
        const received = this.tryReceive();
        if (received !== undefined) return received;
        native.want();
        state.wants = true;
        return undefined;
      });
    } catch (error) {
      if (state.wants && !this.#ring.closed) {
        native.unwant();
        const late = this.#ring.tryPop();
        if (late !== undefined) this.#taken.push(late);
      }
      throw error;
    }
  }

  receiveSync({ timeoutMs }: SyncWaitOptions): Uint8Array {
    checkWaitOptions({ timeoutMs });
    const { native } = this.#ring;
    const left = timeLeft(timeoutMs);
    for (;;) {
      const there = this.tryReceive();
      if (there !== undefined) return there;
      native.want();
      let failure: unknown;
      try {
        native.waitPopSync(left());
      } catch (error) {
        failure = error;
      }
      native.unwant();
      const taken = this.tryReceive();
      if (taken !== undefined) return taken;
      if (failure !== undefined) throw failure as Error;
    }
  }

  /** Takes back what is offered. The ring is still open, and nobody waits in it any more. */
  close(): void {
    for (const offer of this.#offers) this.#withdraw(offer);
  }

  /** @returns false where it was taken */
  #withdraw({ ticket, length }: Offer): boolean {
    const { native } = this.#ring;
    for (let count = 0; count < maxWithdrawals && !this.#ring.closed; count += 1) {
      if (native.wasTaken(...ticket)) return false;
      if (this.#ring.settled(native.withdraw(...ticket, length)) !== -1) return true;
    }
    return true;
  }
}
