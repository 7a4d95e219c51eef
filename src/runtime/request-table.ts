import { type RequestKey, isSameRequest } from "./request-key.ts";

/** What lies in a table. */
export interface TableEntry<E> {
  readonly key: RequestKey;
  /** The next one with this hash; the table's own. */
  chained: E | undefined;
}

/** Finds requests by their keys. Those that share a hash hang on each other: no key has to be made a string for a `Map`. */
export class RequestTable<E extends TableEntry<E>> {
  readonly #first = new Map<number, E>();

  find(key: RequestKey): E | undefined {
    let entry = this.#first.get(key.hash);
    while (entry !== undefined && !isSameRequest(entry.key, key)) entry = entry.chained;
    return entry;
  }

  /** Its key is not in the table. */
  add(entry: E): void {
    const { hash } = entry.key;
    entry.chained = this.#first.get(hash);
    this.#first.set(hash, entry);
  }

  /** It is in the table. */
  remove(entry: E): void {
    const { hash } = entry.key;
    const { chained } = entry;
    entry.chained = undefined;
    let before = this.#first.get(hash);
    if (before === entry) {
      if (chained === undefined) this.#first.delete(hash);
      else this.#first.set(hash, chained);
      return;
    }
    while (before !== undefined && before.chained !== entry) before = before.chained;
    if (before !== undefined) before.chained = chained;
  }
}
