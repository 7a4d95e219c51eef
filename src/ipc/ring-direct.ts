/**
 * A ring's operations in JavaScript, for the one producer and the one consumer: a call of the addon costs as much as all
 * else that a push does. What the memory holds is anybody's to write, so whatever is not as expected is left to the addon,
 * and every access is to an array, which has bounds.
 *
 * Only on x86-64, where stores become visible in their order and loads are made in theirs: so plain ones do, and Atomics, of
 * which each is a call, is there for its fence alone. It has none of 64 bits that is fast either: positions are stored as
 * doubles of the same bits. See native/src/ring/layout.h for what lies where.
 * @module
 */
import { filled } from "./into.ts";
import type { Mapping } from "./mapping.ts";
import type { NativeRing } from "./ring-native.ts";

/** How an operation ended. `ask`: nothing was done, the addon is to do it; `wake`: it was done, and someone may sleep until it was; `empty`: there is no record. */
export const direct = { ask: -1, wake: -2, empty: -3 } as const;

const magicWord = 0x6972_7374;
const headerBytes = 8704;
const unitBytes = 8;
/** Positions, and twice as much, are small integers. */
const maxUnits = 2 ** 29;
/** Operations until one by the addon, which looks whether the memory is still shared. */
const unchecked = 255;

/** Of each end, in words of 32 bits: its position, and who sleeps there. */
const ends = { push: { position: 32, asleep: 64 }, pop: { position: 96, asleep: 128 } } as const;
/** Of an intent, in words: the count is its first. */
const intentWords = { next: 2, target: 4 } as const;
const noTarget = -1n;
/** Up to so many a loop moves them faster than a call. */
const loopBytes = 256;

/** A position as one double. */
const pair = new Int32Array(2);
const pairAsDouble = new Float64Array(pair.buffer);

/** Infinities and NaNs: their bits may not survive. One in 2048 of all counts. */
function isNoNumber(records: number): boolean {
  return (records & 0x7ff0_0000) === 0x7ff0_0000;
}

/** One end of a ring of which this thread is the only user. */
class DirectEnd {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly capacity: number;
  readonly #doubles: Float64Array;
  readonly #whole: BigInt64Array;
  readonly #books: Int32Array;
  readonly #book: number;
  readonly #position: number;
  readonly #asleep: number;
  readonly #intent: number;
  #unchecked = unchecked;

  constructor(mapping: Mapping, offset: number, native: NativeRing, side: "push" | "pop", intent: number) {
    const { buffer } = mapping;
    this.capacity = native.capacity / unitBytes;
    const bytes = headerBytes + native.capacity;
    this.words = new Int32Array(buffer, offset, bytes / 4);
    this.#doubles = new Float64Array(buffer, offset, headerBytes / 8);
    this.#whole = new BigInt64Array(buffer, offset, headerBytes / 8);
    this.bytes = new Uint8Array(buffer, offset + headerBytes, native.capacity);
    this.#books = native.books;
    this.#book = side === "push" ? 0 : 2;
    this.#position = ends[side].position;
    this.#asleep = ends[side === "push" ? "pop" : "push"].asleep;
    this.#intent = intent / 4;
  }

  /** Whether the addon need not be asked: the memory is there, and the counts are those of an ordinary operation. */
  get usual(): boolean {
    const { words } = this;
    if (words[0] !== magicWord || this.#unchecked === 0) {
      this.#unchecked = unchecked;
      return false;
    }
    this.#unchecked -= 1;
    const records = (words[this.#position + 1] ?? -1) + 1;
    // Where the lower word of the own count overflows, two words change.
    return !isNoNumber(records) && this.#books[this.#book] !== -1;
  }

  /**
   * Where the end will be, as one double. Before the record is written: the processor reads what was just written in two
   * parts only once all that was written earlier is in its cache, and what is in the other's cache comes late.
   */
  target(units: number): number {
    pair[0] = units;
    pair[1] = (this.words[this.#position + 1] ?? 0) + 1;
    return pairAsDouble[0] ?? 0;
  }

  /** Moves the end, which is what makes the operation happen: the same stores in the same order as Ring::Commit's. @returns whether someone sleeps at the other end */
  commit(target: number): boolean {
    const { words } = this;
    const books = this.#books;
    const position = this.#position;
    const intent = this.#intent;
    const count = ((books[this.#book] ?? 0) + 1) | 0;
    words[intent + intentWords.next] = count;
    this.#doubles[(intent + intentWords.target) >> 1] = target;
    this.#doubles[position >> 1] = target;
    books[this.#book] = count;
    // With its fence: who is about to sleep sees the position, or is seen below.
    Atomics.store(words, intent, count);
    const asleep = (words[this.#asleep] ?? 0) | (words[this.#asleep + 1] ?? 0);
    this.#whole[(intent + intentWords.target) >> 1] = noTarget;
    return asleep !== 0;
  }
}

/** @internal */
export class DirectPush extends DirectEnd {
  /** The other end as it was seen, and where this end was then. */
  #seen = 0;
  #leftUnits = -1;
  #leftRecords = 0;

  /** @returns 0 where it was pushed, or one of {@link direct} */
  push(record: Uint8Array): number {
    if (!(record instanceof Uint8Array) || !this.usual) return direct.ask;
    const { words, bytes, capacity } = this;
    const { length } = record;
    const at = words[ends.push.position] ?? -1;
    const turn = 2 * capacity;
    if (at < 0 || at >= turn) return direct.ask;
    const units = 1 + ((length + 7) >>> 3);
    let used = distance(this.#seen, at, turn);
    // Where it was not left there the addon has pushed, and what was seen may be of a turn before.
    const records = words[ends.push.position + 1] ?? 0;
    if (at !== this.#leftUnits || records !== this.#leftRecords || used + units > capacity) {
      this.#seen = words[ends.pop.position] ?? -1;
      if (this.#seen < 0 || this.#seen >= turn) return direct.ask;
      used = distance(this.#seen, at, turn);
      if (used + units > capacity) return direct.ask;
    }
    const unit = at >= capacity ? at - capacity : at;
    if (unit + units > capacity) return direct.ask;
    const to = at + units;
    this.#leftUnits = to >= turn ? to - turn : to;
    this.#leftRecords = (records + 1) | 0;
    const target = this.target(this.#leftUnits);
    const header = (headerBytes >> 2) + 2 * unit;
    words[header] = length;
    words[header + 1] = ~length;
    bytes.set(record, unitBytes * (unit + 1));
    return this.commit(target) ? direct.wake : 0;
  }
}

/** @internal */
export class DirectPop extends DirectEnd {
  /** What was popped last; also where someone is to be woken. */
  record: Uint8Array | undefined;
  /** The space of the last one that came with any, and its words, where it has whole ones. */
  #space: Uint8Array | undefined;
  #spaceWords: Int32Array | undefined;

  /** @returns 0 where a record was popped, or one of {@link direct}: `ask` also where it is longer than `into` */
  pop(into?: Uint8Array): number {
    if (!this.usual) return direct.ask;
    const { words, bytes, capacity } = this;
    const at = words[ends.pop.position] ?? -1;
    const turn = 2 * capacity;
    const used = distance(at, words[ends.push.position] ?? -1, turn);
    if (used === 0) return direct.empty;
    if (at < 0 || at >= turn || used < 0 || used > capacity) return direct.ask;
    const unit = at >= capacity ? at - capacity : at;
    const header = (headerBytes >> 2) + 2 * unit;
    const length = words[header] ?? -1;
    const units = 1 + ((length + 7) >>> 3);
    // Withdrawn, or nonsense; or it goes on at the beginning.
    if (words[header + 1] !== ~length || length < 0 || units > used || unit + units > capacity) return direct.ask;
    const begin = unitBytes * (unit + 1);
    if (into === undefined) this.record = bytes.slice(begin, begin + length);
    else if (length > into.length) return direct.ask;
    else this.record = this.#moved(begin, length, into);
    const to = at + units;
    return this.commit(this.target(to >= turn ? to - turn : to)) ? direct.wake : 0;
  }

  /** Short ones by a loop: a view of the record, for `set`, costs more. */
  #moved(begin: number, length: number, into: Uint8Array): Uint8Array {
    if (into !== this.#space) {
      const { buffer, byteOffset } = into;
      this.#space = into;
      this.#spaceWords = byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, into.length >> 2) : undefined;
    }
    const target = this.#spaceWords;
    // It has fewer words than there is space where the memory was resized since.
    if (target === undefined || length > loopBytes || (length & 3) !== 0 || length >> 2 > target.length)
      into.set(this.bytes.subarray(begin, begin + length));
    else {
      const { words } = this;
      const from = (headerBytes + begin) >> 2;
      for (let i = 0; i < length >> 2; i++) target[i] = words[from + i] ?? 0;
    }
    return filled(into, length);
  }
}

function distance(from: number, to: number, turn: number): number {
  return to >= from ? to - from : to + turn - from;
}

/** The end, where it is used by this thread alone and can be used from here. */
export function directEnd<End>(
  End: new (mapping: Mapping, offset: number, native: NativeRing, side: "push" | "pop", intent: number) => End,
  side: "push" | "pop",
  mapping: Mapping,
  offset: number,
  native: NativeRing,
): End | undefined {
  if (process.arch !== "x64" || mapping.byteLength === 0) return undefined;
  if (native.capacity / unitBytes > maxUnits) return undefined;
  const intent = native.direct(side === "push");
  return intent === -1 ? undefined : new End(mapping, offset, native, side, intent);
}
