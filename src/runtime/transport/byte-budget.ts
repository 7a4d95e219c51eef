/** A bound that many share, such as the connections of a server. */
export class ByteBudget {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    // NaN compares false with everything, and so would bound nothing.
    if (!(maxBytes >= 0)) throw new RangeError(`maxInProgressBytes is ${String(maxBytes)}, not a number of bytes`);
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.#used;
  }

  /** Takes bytes, or answers false where there are not as many left. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
