/** Up to so many bytes a loop over their words moves them faster than a call of `set`, and without a view to set from. */
const loopBytes = 256;

/** Of an array that lies at no multiple of 8. */
const noWords = new BigInt64Array();

/** Nobody's. */
const none: Uint8Array = new Uint8Array();

/**
 * The words of 64 bits of the array that a caller gives again and again, as who sends from or receives into the same space
 * does. Making them takes longer than moving a short record, so an array has none until it is given a second time.
 */
export class RecurringWords {
  readonly #longest: number;
  /** Kept from the collector until another comes. */
  #array: Uint8Array = none;
  #words: BigInt64Array | undefined;

  /** @param longest bytes of an array that is worth being remembered. Default: what {@link movedAsWords} moves at most */
  constructor(longest: number = loopBytes) {
    this.#longest = longest;
  }

  /** The array's words; `undefined` where it was not the last one too, is none, or is empty (as one that was transferred). */
  of(array: Uint8Array): BigInt64Array | undefined {
    if (array === this.#array && array.length > 0) return (this.#words ??= wordsOf(array));
    this.#array = array instanceof Uint8Array && array.length <= this.#longest ? array : none;
    this.#words = undefined;
    return undefined;
  }
}

/** Whether `length` bytes are best moved by {@link moveWords}. There are fewer words than the array has where its memory was resized since. */
export function movedAsWords(words: BigInt64Array, length: number): boolean {
  return length <= loopBytes && length >> 3 <= words.length;
}

/**
 * Moves so many words. The first eight without a loop: what the engine checks at each access of an array it then checks once
 * for all of them, and where an array is moved from its begin it knows their indices. (A second such block would make this too
 * long to become part of its callers.) No index leaves 31 bits; `| 0` says so, and spares the check. A constant, not a
 * declaration, which the engine would compare with what it was at each call.
 */
export const moveWords = (from: BigInt64Array, at: number, to: BigInt64Array, toAt: number, count: number): void => {
  if (count >= 8) {
    to[toAt | 0] = from[at | 0] as bigint;
    to[(toAt + 1) | 0] = from[(at + 1) | 0] as bigint;
    to[(toAt + 2) | 0] = from[(at + 2) | 0] as bigint;
    to[(toAt + 3) | 0] = from[(at + 3) | 0] as bigint;
    to[(toAt + 4) | 0] = from[(at + 4) | 0] as bigint;
    to[(toAt + 5) | 0] = from[(at + 5) | 0] as bigint;
    to[(toAt + 6) | 0] = from[(at + 6) | 0] as bigint;
    to[(toAt + 7) | 0] = from[(at + 7) | 0] as bigint;
  }
  for (let i = count >= 8 ? 8 : 0; i < count; i++) to[(toAt + i) | 0] = from[(at + i) | 0] as bigint;
};

function wordsOf({ buffer, byteOffset, length }: Uint8Array): BigInt64Array {
  return byteOffset % 8 === 0 ? new BigInt64Array(buffer, byteOffset, length >> 3) : noWords;
}
