/** When a datagram without a reply is sent again. */
import { INITIAL_TRY_TIMEOUT_MS, MAX_TRY_TIMEOUT_MS, MIN_TRY_TIMEOUT_MS } from "./limits.ts";

/** An estimate of the round trip to a peer, as TCP makes it: RFC 6298. */
export class RoundTripTime {
  #smoothedMs: number | undefined;
  #variationMs = 0;

  /** Takes the time of a call that was sent once: of one that was repeated, nobody knows which datagram was answered (Karn). */
  sample(ms: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#variationMs = ms / 2;
      return;
    }
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - ms);
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * ms;
  }

  /** Milliseconds to wait for a reply to the first datagram. */
  get tryTimeoutMs(): number {
    if (this.#smoothedMs === undefined) return INITIAL_TRY_TIMEOUT_MS;
    const estimate = this.#smoothedMs + 4 * this.#variationMs;
    return Math.min(Math.max(estimate, MIN_TRY_TIMEOUT_MS), MAX_TRY_TIMEOUT_MS);
  }
}

/** Milliseconds to wait behind `transmissions` of a call: doubled each time, within a tenth, so that clients do not go in step. */
export function tryTimeoutMs(firstMs: number, transmissions: number, random: () => number = Math.random): number {
  // Nothing doubled stays nothing.
  const doubled = Math.max(firstMs, 1) * 2 ** Math.min(transmissions - 1, 30);
  return Math.min(doubled, Math.max(MAX_TRY_TIMEOUT_MS, firstMs)) * (0.9 + 0.2 * random());
}
