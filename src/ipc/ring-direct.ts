/**
 * A ring's operations in JavaScript, for the one producer and the one consumer: a call of the addon costs as much as all
 * else that a push does. What the memory holds is anybody's to write, so whatever is not as expected is left to the addon,
 * and every access is to an array, which has bounds.
 *
 * Only on x86-64, where stores become visible in their order and loads are made in theirs: so plain ones do, and Atomics, of
 * which each is a call, is there for its fence alone. What has 64 bits is loaded, added to and stored as elements of
 * BigInt64Arrays, which optimized code does without a BigInt. See native/src/ring/layout.h for what lies where.
 * @module
 */
import { filled } from "./into.ts";
import type { Mapping } from "./mapping.ts";
import { movedAsWords, moveWords, RecurringWords } from "./recurring-words.ts";
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
/** Of this end's books, in words of 64 bits. */
const books = { count: 0, position: 1, words: 2 } as const;
/** Of an intent, in words of 64 bits. */
const intent = { count: 0, next: 1, target: 2, words: 3 } as const;
const noTarget = -1n;

/** What is added to a position for one record, beside its units. */
const oneRecord = 1n << 32n;
/** The same with the units of a record, for those of up to 8 KiB: making a BigInt of a number takes as long as all else. */
const steps = BigInt64Array.from({ length: 1025 }, (_, units) => oneRecord + BigInt(units));

/** Written for its fence, which is the same wherever it is written. */
const fence = new Int32Array(1);

/** One end of a ring of which this thread is the only user. */
class DirectEnd {
  readonly words: Int32Array;
  /** The same memory, in words of 64 bits. */
  readonly whole: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly capacity: number;
  /**
   * Where the end is, from the books: units, and records before it. Not as the ring has it, which whoever looks at it from
   * another processor has in its cache.
   */
  readonly at: Int32Array;
  readonly #books: BigInt64Array;
  readonly #intent: BigInt64Array;
  readonly #position: BigInt64Array;
  /** At the other end. */
  readonly #asleep: Int32Array;
  #unchecked = unchecked;

  constructor(mapping: Mapping, offset: number, native: NativeRing, side: "push" | "pop", intentOffset: number) {
    const { buffer } = mapping;
    this.capacity = native.capacity / unitBytes;
    const bytes = headerBytes + native.capacity;
    this.words = new Int32Array(buffer, offset, bytes / 4);
    this.whole = new BigInt64Array(buffer, offset, bytes / 8);
    this.bytes = new Uint8Array(buffer, offset + headerBytes, native.capacity);
    const ours = native.books;
    const first = ours.byteOffset + (side === "push" ? 0 : 8 * books.words);
    this.#books = new BigInt64Array(ours.buffer, first, books.words);
    this.at = new Int32Array(ours.buffer, first + 8 * books.position, 2);
    this.#intent = new BigInt64Array(buffer, offset + intentOffset, intent.words);
    this.#position = new BigInt64Array(buffer, offset + 4 * ends[side].position, 1);
    this.#asleep = new Int32Array(buffer, offset + 4 * ends[side === "push" ? "pop" : "push"].asleep, 2);
  }

  /** Whether the addon need not be asked whether the memory is there. */
  get usual(): boolean {
    if (this.words[0] !== magicWord || this.#unchecked === 0) {
      this.#unchecked = unchecked;
      return false;
    }
    this.#unchecked -= 1;
    return true;
  }

  /**
   * Moves the end by a record of so many units, which is what makes the operation happen: the same stores in the same order as
   * Ring::Commit's. @returns whether someone sleeps at the other end
   */
  commit(units: number): boolean {
    const own = this.#books;
    const intended = this.#intent;
    const step = units < steps.length ? (steps[units] ?? 0n) : oneRecord + BigInt(units);
    const target = BigInt.asIntN(64, (own[books.position] ?? 0n) + step);
    const count = BigInt.asIntN(64, (own[books.count] ?? 0n) + 1n);
    own[books.position] = target;
    own[books.count] = count;
    intended[intent.next] = count;
    intended[intent.target] = target;
    this.#position[0] = target;
    intended[intent.count] = count;
    // Who is about to sleep sees the position, or is seen here.
    Atomics.store(fence, 0, 0);
    intended[intent.target] = noTarget;
    const asleep = this.#asleep;
    return ((asleep[0] ?? 0) | (asleep[1] ?? 0)) !== 0;
  }
}

/** @internal */
export class DirectPush extends DirectEnd {
  /** The other end as it was seen, and where this end was then. */
  #seen = 0;
  #leftUnits = -1;
  #leftRecords = 0;
  readonly #sources = new RecurringWords();

  /** @returns 0 where it was pushed, or one of {@link direct} */
  push(record: Uint8Array): number {
    const source = this.#sources.of(record);
    if ((source === undefined && !(record instanceof Uint8Array)) || !this.usual) return direct.ask;
    const { words, capacity } = this;
    const { length } = record;
    const at = this.at[0] ?? 0;
    const records = this.at[1] ?? 0;
    const turn = 2 * capacity;
    const units = 1 + ((length + 7) >>> 3);
    let used = distance(this.#seen, at, turn);
    // Where it was not left there the addon has pushed, and what was seen may be of a turn before.
    if (at !== this.#leftUnits || records !== this.#leftRecords || used + units > capacity) {
      this.#seen = words[ends.pop.position] ?? -1;
      if (this.#seen < 0 || this.#seen >= turn) return direct.ask;
      used = distance(this.#seen, at, turn);
      if (used + units > capacity) return direct.ask;
    }
    const unit = at >= capacity ? at - capacity : at;
    const to = at + units;
    // It, or the position, goes on at the beginning.
    if (unit + units > capacity || to === turn) return direct.ask;
    this.#leftUnits = to;
    this.#leftRecords = (records + 1) | 0;
    const header = (headerBytes >> 2) + 2 * unit;
    words[header] = length;
    words[header + 1] = ~length;
    const begin = unitBytes * (unit + 1);
    if (source === undefined || !movedAsWords(source, length)) this.bytes.set(record, begin);
    else {
      moveWords(source, 0, this.whole, (headerBytes + begin) >> 3, length >> 3);
      for (let i = length & ~7; i < length; i++) this.bytes[begin + i] = record[i] ?? 0;
    }
    return this.commit(units) ? direct.wake : 0;
  }
}

/** @internal */
export class DirectPop extends DirectEnd {
  /** What was popped last; also where someone is to be woken. */
  record: Uint8Array | undefined;
  readonly #spaces = new RecurringWords();

  /** @returns 0 where a record was popped, or one of {@link direct}: `ask` also where it is longer than `into` */
  pop(into?: Uint8Array): number {
    if (!this.usual) return direct.ask;
    const { words, capacity } = this;
    const at = this.at[0] ?? 0;
    const turn = 2 * capacity;
    const used = distance(at, words[ends.push.position] ?? -1, turn);
    if (used === 0) return direct.empty;
    if (used < 0 || used > capacity) return direct.ask;
    const unit = at >= capacity ? at - capacity : at;
    const header = (headerBytes >> 2) + 2 * unit;
    const length = words[header] ?? -1;
    const units = 1 + ((length + 7) >>> 3);
    // Withdrawn, or nonsense; or it goes on at the beginning.
    if (words[header + 1] !== ~length || length < 0 || units > used || unit + units > capacity) return direct.ask;
    // The position goes on at the beginning.
    if (at + units === turn) return direct.ask;
    const begin = unitBytes * (unit + 1);
    if (into === undefined) this.record = this.bytes.slice(begin, begin + length);
    else if (length > into.length) return direct.ask;
    else this.record = this.#moved(begin, length, into);
    return this.commit(units) ? direct.wake : 0;
  }

  #moved(begin: number, length: number, into: Uint8Array): Uint8Array {
    const { bytes, whole } = this;
    const target = this.#spaces.of(into);
    if (target === undefined || !movedAsWords(target, length)) into.set(bytes.subarray(begin, begin + length));
    else {
      moveWords(whole, (headerBytes + begin) >> 3, target, 0, length >> 3);
      for (let i = length & ~7; i < length; i++) into[i] = bytes[begin + i] ?? 0;
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
