const FIRST_SLOTS = 16;

/**
 * Calls by xid, each in the slot that the low bits of its xid say. Xids are counted up, and those whose slot is taken are not given out,
 * so that no two calls share one. (A `Map` through which calls pass is copied again and again, and its copies of before keep the calls
 * that are over from V8's young collector: half of a busy client's time.)
 */
export class CallSlots<C extends { readonly xid: number }> {
  // A power of two, and at least twice as many as there are calls.
  #slots: (C | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(xid: number): C | undefined {
    const call = this.#slots[xid & (this.#slots.length - 1)];
    return call?.xid === xid ? call : undefined;
  }

  /** Whether a call could not have that xid, for another one's sake. */
  isTaken(xid: number): boolean {
    return this.#slots[xid & (this.#slots.length - 1)] !== undefined;
  }

  add(call: C): void {
    // Taken where other calls were made between this one's xid and this.
    while (2 * this.#size >= this.#slots.length || this.isTaken(call.xid)) this.#grow();
    this.#slots[call.xid & (this.#slots.length - 1)] = call;
    this.#size++;
  }

  /** Does nothing where it is not there. */
  remove(call: C): void {
    const at = call.xid & (this.#slots.length - 1);
    if (this.#slots[at] !== call) return;
    this.#slots[at] = undefined;
    this.#size--;
  }

  /** In no certain order. */
  all(): C[] {
    return this.#slots.filter((call) => call !== undefined);
  }

  #grow(): void {
    const calls = this.all();
    const length = Math.max(FIRST_SLOTS, 2 * this.#slots.length);
    this.#slots = new Array<C | undefined>(length).fill(undefined);
    for (const call of calls) this.#slots[call.xid & (length - 1)] = call;
  }
}
