import { type RequestKey, isSameRequest } from "./request-key.ts";

/** What lies in a table. */
export interface TableEntry<E> {
  readonly key: RequestKey;
  /** The next one in its slot; the table's own. */
  chained: E | undefined;
}

const FIRST_SLOTS = 256;

/**
 * Finds requests by their keys. Each lies in the slot that the low bits of its hash say, and those of one slot hang on each other: no key has to
 * be made a string for a `Map`, nor is the whole copied now and then, as a `Map` is through which requests pass.
 */
export class RequestTable<E extends TableEntry<E>> {
  // A power of two, and no less than there are requests.
  #slots: (E | undefined)[] = slots(FIRST_SLOTS);
  #size = 0;

  /** The one with this key that was added last. */
  find(key: RequestKey): E | undefined {
    return firstOf(this.#slots[this.#slotOf(key)], key);
  }

  /** The one with the same key that was added before. */
  findNext(entry: E): E | undefined {
    return firstOf(entry.chained, entry.key);
  }

  add(entry: E): void {
    if (this.#size++ === this.#slots.length) this.#grow();
    this.#put(entry);
  }

  /** It is in the table. */
  remove(entry: E): void {
    const slot = this.#slotOf(entry.key);
    const { chained } = entry;
    entry.chained = undefined;
    this.#size--;
    let before = this.#slots[slot];
    if (before === entry) {
      this.#slots[slot] = chained;
      return;
    }
    while (before !== undefined && before.chained !== entry) before = before.chained;
    if (before !== undefined) before.chained = chained;
  }

  #slotOf({ hash }: RequestKey): number {
    return hash & (this.#slots.length - 1);
  }

  #put(entry: E): void {
    const slot = this.#slotOf(entry.key);
    entry.chained = this.#slots[slot];
    this.#slots[slot] = entry;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = slots(2 * before.length);
    for (const first of before) {
      for (let entry = first; entry !== undefined;) {
        const { chained }: E = entry;
        this.#put(entry);
        entry = chained;
      }
    }
  }
}

function firstOf<E extends TableEntry<E>>(chain: E | undefined, key: RequestKey): E | undefined {
  let entry = chain;
  while (entry !== undefined && !isSameRequest(entry.key, key)) entry = entry.chained;
  return entry;
}

function slots<E>(count: number): (E | undefined)[] {
  return new Array<E | undefined>(count).fill(undefined);
}
