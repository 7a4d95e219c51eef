import { type Caller, type RequestKey, isSameCaller } from "./request-key.ts";

/** No row. */
export const NONE = -1;
/** In the place of the row that a row is chained to: it is not found any more. */
const UNLISTED = -2;

const FIRST_ROWS = 256;

/** Words of a key in its row. */
const KEY_WORDS = 8;
const [HASH, XID, CHECKSUM, LENGTH, PROCEDURE, PROGRAM, VERSION] = [0, 1, 2, 3, 4, 5, 6] as const;

/**
 * Finds requests by their keys. Each is a row of columns, and not an object: tens of thousands of those, which live for minutes, are copied and looked
 * through by the collector, in which a server that fills its table spent a third of its time. A request lies in the slot that the low bits of its hash
 * say, and those of one slot hang on each other.
 */
export class RequestTable {
  // A power of two, and no less than there are rows.
  #slots = new Int32Array(FIRST_ROWS).fill(NONE);
  #words = new Int32Array(FIRST_ROWS * KEY_WORDS);
  /** The next row in its slot, or among the free ones. */
  #chained = new Int32Array(FIRST_ROWS);
  readonly #callers: (Caller | undefined)[] = [];
  #firstFree = NONE;

  /** The row with this key that was added last. */
  find(key: RequestKey): number {
    let row = this.#slots[this.#slotOf(key.hash)] ?? NONE;
    while (row >= 0 && !this.#isOf(row, key)) row = this.#chained[row] ?? NONE;
    return row;
  }

  /** The one with the same key that was added before it. */
  findNext(row: number, key: RequestKey): number {
    let next = this.#chained[row] ?? NONE;
    while (next >= 0 && !this.#isOf(next, key)) next = this.#chained[next] ?? NONE;
    return next;
  }

  /** @returns its row: the lowest that was never used, or one that is free */
  add(key: RequestKey): number {
    const row = this.#newRow();
    const at = row * KEY_WORDS;
    const words = this.#words;
    words[at + HASH] = key.hash;
    words[at + XID] = key.xid;
    words[at + CHECKSUM] = key.checksum;
    words[at + LENGTH] = key.argsLength;
    words[at + PROCEDURE] = key.procedure;
    words[at + PROGRAM] = key.program;
    words[at + VERSION] = key.version;
    this.#callers[row] = key.caller;
    this.#list(row);
    return row;
  }

  /** The row is not found any more, though it is not free yet. */
  unlist(row: number): void {
    const chained = this.#chained;
    const next = chained[row] ?? NONE;
    if (next === UNLISTED) return;
    chained[row] = UNLISTED;
    const slot = this.#slotOf(this.#words[row * KEY_WORDS + HASH] ?? 0);
    let before = this.#slots[slot] ?? NONE;
    if (before === row) {
      this.#slots[slot] = next;
      return;
    }
    while (before >= 0 && chained[before] !== row) before = chained[before] ?? NONE;
    if (before >= 0) chained[before] = next;
  }

  /** Another request may have the row. It is not free yet. */
  free(row: number): void {
    this.unlist(row);
    this.#callers[row] = undefined;
    this.#chained[row] = this.#firstFree;
    this.#firstFree = row;
  }

  /** Whether it has had more rows than at first. */
  get hasGrown(): boolean {
    return this.#slots.length > FIRST_ROWS;
  }

  /** Gives all memory back. No row may be in use. */
  clear(): void {
    this.#slots = new Int32Array(FIRST_ROWS).fill(NONE);
    this.#words = new Int32Array(FIRST_ROWS * KEY_WORDS);
    this.#chained = new Int32Array(FIRST_ROWS);
    this.#callers.length = 0;
    this.#firstFree = NONE;
  }

  #newRow(): number {
    const free = this.#firstFree;
    if (free !== NONE) {
      this.#firstFree = this.#chained[free] ?? NONE;
      return free;
    }
    const row = this.#callers.length;
    if (row === this.#slots.length) this.#grow();
    return row;
  }

  #list(row: number): void {
    const slot = this.#slotOf(this.#words[row * KEY_WORDS + HASH] ?? 0);
    this.#chained[row] = this.#slots[slot] ?? NONE;
    this.#slots[slot] = row;
  }

  #slotOf(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  #isOf(row: number, key: RequestKey): boolean {
    const at = row * KEY_WORDS;
    const words = this.#words;
    if (words[at + HASH] !== key.hash || words[at + XID] !== key.xid || words[at + CHECKSUM] !== key.checksum)
      return false;
    const caller = this.#callers[row];
    return (
      words[at + LENGTH] === key.argsLength &&
      words[at + PROCEDURE] === key.procedure &&
      words[at + PROGRAM] === key.program &&
      words[at + VERSION] === key.version &&
      caller !== undefined &&
      isSameCaller(caller, key.caller)
    );
  }

  #grow(): void {
    const rows = 2 * this.#slots.length;
    const [slots, words, chained] = [this.#slots, this.#words, this.#chained];
    this.#words = new Int32Array(rows * KEY_WORDS);
    this.#words.set(words);
    this.#chained = new Int32Array(rows);
    this.#chained.set(chained);
    this.#slots = new Int32Array(rows).fill(NONE);
    const chain: number[] = [];
    for (const first of slots) {
      for (let row = first; row >= 0; row = chained[row] ?? NONE) chain.push(row);
      // Those of one key stay in their order.
      for (let row = chain.pop(); row !== undefined; row = chain.pop()) this.#list(row);
    }
  }
}
