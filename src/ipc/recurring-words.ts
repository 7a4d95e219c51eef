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
 * Moves so many words. Eight at a time: what the engine checks at each access of an array it then checks once for all eight.
 * No index leaves 31 bits; `| 0` says so, and spares the check.
 */
export function moveWords(from: BigInt64Array, at: number, to: BigInt64Array, toAt: number, count: number): void {
  let i = 0;
  for (; i + 7 < count; i += 8) {
    to[(toAt + i) | 0] = from[(at + i) | 0] ?? 0n;
    to[(toAt + i + 1) | 0] = from[(at + i + 1) | 0] ?? 0n;
    to[(toAt + i + 2) | 0] = from[(at + i + 2) | 0] ?? 0n;
    to[(toAt + i + 3) | 0] = from[(at + i + 3) | 0] ?? 0n;
    to[(toAt + i + 4) | 0] = from[(at + i + 4) | 0] ?? 0n;
    to[(toAt + i + 5) | 0] = from[(at + i + 5) | 0] ?? 0n;
    to[(toAt + i + 6) | 0] = from[(at + i + 6) | 0] ?? 0n;
    to[(toAt + i + 7) | 0] = from[(at + i + 7) | 0] ?? 0n;
  }
  for (; i < count; i++) to[(toAt + i) | 0] = from[(at + i) | 0] ?? 0n;
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): BigInt64Array {
  return byteOffset % 8 === 0 ? new BigInt64Array(buffer, byteOffset, length >> 3) : noWords;
}
