/** Who takes bytes of a budget: a connection. */
export interface BudgetHolder {
  /** Gives back all that it has, at once, and ends: it has the most, and another one needs some. */
  evict(): void;
}

/**
 * A bound that many share, such as the connections of a server. Where it is reached, the holder with the most makes room, so that a few who hold
 * much do not keep out the others: not who comes last.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<BudgetHolder, number>();
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

  /** Takes bytes. False where there are not as many left and nobody else holds more than `holder` would: then it is the one to end. */
  take(holder: BudgetHolder, bytes: number): boolean {
    const wanted = (this.#held.get(holder) ?? 0) + bytes;
    while (this.#used + bytes > this.#maxBytes) {
      const largest = this.#largerThan(wanted, holder);
      if (largest === undefined) return false;
      largest.evict();
      this.give(largest); // whatever it has done
    }
    this.#used += bytes;
    this.#held.set(holder, wanted);
    return true;
  }

  /** Gives back all that it has. */
  give(holder: BudgetHolder): void {
    this.#used -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  /** The one with the most, if that is more than so many bytes. */
  #largerThan(bytes: number, but: BudgetHolder): BudgetHolder | undefined {
    let largest: BudgetHolder | undefined;
    let most = bytes;
    for (const [holder, held] of this.#held) {
      if (held <= most || holder === but) continue;
      largest = holder;
      most = held;
    }
    return largest;
  }
}
