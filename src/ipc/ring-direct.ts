/**
 * A ring's operations in JavaScript, for the one producer and the one consumer: a call of the addon costs as much as all
 * else that a push does. What the memory holds is anybody's to write, so whatever is not as expected is left to the addon,
 * and every access is to an array, which has bounds.
 *
 * Only on x86-64, where stores become visible in their order and loads are made in theirs: so plain ones do, and Atomics, of
 * which each is a call, is there for its fence alone. What has 64 bits is loaded, added to and stored as elements of
 * BigInt64Arrays, which optimized code does without a BigInt. Positions and indices stay within 31 bits; `| 0` says so to the
 * engine, which then need not check each sum. And what is called here are constants, which it need not compare with what
 * they were, as it does with declarations. See native/src/ring/layout.h for what lies where.
 * @module
 */
import { filled } from "./into.ts";
import type { Mapping } from "./mapping.ts";
import { movedAsWords, moveWords, RecurringWords } from "./recurring-words.ts";
import type { NativeRing } from "./ring-native.ts";

const magicWord = 0x6972_7374;
const headerBytes = 8704;
const unitBytes = 8;
/** Positions, and twice as much, are small integers. */
const maxUnits = 2 ** 29;
/** Operations until one by the addon, which looks whether the memory is still shared. */
const unchecked = 255;

/** Of each end, in words of 32 bits: its position, and who sleeps there. */
const ends = { push: { position: 32, asleep: 64 }, pop: { position: 96, asleep: 128 } } as const;
/** Of an end's book, in words of 64 bits. */
const inBook = { count: 0, position: 1, words: 2 } as const;
/** Of an intent, in words of 64 bits. */
const intent = { count: 0, next: 1, target: 2, words: 3 } as const;
const noTarget = -1n;

/** What is added to a position for one record, beside its units. */
const oneRecord = 1n << 32n;
/** The same with the units of a record, for those of up to 8 KiB: making a BigInt of a number takes as long as all else. */
const steps = BigInt64Array.from({ length: 1025 }, (_, units) => oneRecord + BigInt(units));

/** Written for the fence that comes with it, the same wherever it is written. */
const fence = new Int32Array(1);

/** Where a ring lies, and the addon's use of it. */
interface DirectRing {
  readonly mapping: Mapping;
  readonly offset: number;
  readonly native: NativeRing;
  /** Whether the other end may sleep elsewhere than in the addon, and is told. */
  readonly tells: boolean;
}

const distance = (from: number, to: number, turn: number): number =>
  to >= from ? (to - from) | 0 : (to + turn - from) | 0;

/** One end of a ring, of which this thread is the only user, as arrays over its memory. */
interface DirectEnd {
  /** Of 8 bytes. */
  readonly capacity: number;
  /** The ring, in words of 32 bits. */
  readonly words: Int32Array;
  /** The same, in words of 64 bits. */
  readonly whole: BigInt64Array;
  /** What the records lie in. */
  readonly bytes: Uint8Array;
  /** This end's position. */
  readonly position: BigInt64Array;
  readonly intended: BigInt64Array;
  /** Who sleeps at the other end. */
  readonly asleep: Int32Array;
  readonly book: BigInt64Array;
  /**
   * Where the end is, from the book: units, and records before it. Not as the ring has it, which whoever looks at it from
   * another processor has in its cache.
   */
  readonly at: Int32Array;
}

/** The end, where it is used by this thread alone and can be used from here. */
function directEnd(side: "push" | "pop", { mapping, offset, native, tells }: DirectRing): DirectEnd | undefined {
  if (process.arch !== "x64" || mapping.byteLength === 0) return undefined;
  const capacity = native.capacity / unitBytes;
  if (capacity > maxUnits) return undefined;
  const intentOffset = native.direct(side === "push", tells);
  if (intentOffset === -1) return undefined;
  const { buffer } = mapping;
  const { books } = native;
  const bookOffset = books.byteOffset + (side === "push" ? 0 : 8 * inBook.words);
  return {
    capacity,
    words: new Int32Array(buffer, offset, (headerBytes + native.capacity) / 4),
    whole: new BigInt64Array(buffer, offset, (headerBytes + native.capacity) / 8),
    bytes: new Uint8Array(buffer, offset + headerBytes, native.capacity),
    position: new BigInt64Array(buffer, offset + 4 * ends[side].position, 1),
    intended: new BigInt64Array(buffer, offset + intentOffset, intent.words),
    asleep: new Int32Array(buffer, offset + 4 * ends[side === "push" ? "pop" : "push"].asleep, 2),
    book: new BigInt64Array(books.buffer, bookOffset, inBook.words),
    at: new Int32Array(books.buffer, bookOffset + 8 * inBook.position, 2),
  };
}

/**
 * Moves the end by a record of so many units, which is what makes the operation happen: the same stores in the same order as
 * Ring::Commit's.
 *
 * @param fenced whether who goes to sleep at this very moment must be seen: who sleeps elsewhere relies on being told. Who
 *   sleeps in the addon looks by himself once more, as it knows that there is no fence
 * @returns whether someone sleeps at the other end
 */
const commit = (
  own: BigInt64Array,
  intended: BigInt64Array,
  position: BigInt64Array,
  asleep: Int32Array,
  fenced: boolean,
  units: number,
): boolean => {
  const step = units < steps.length ? (steps[units] ?? 0n) : oneRecord + BigInt(units);
  const target = (own[inBook.position] as bigint) + step;
  const count = (own[inBook.count] as bigint) + 1n;
  own[inBook.position] = target;
  own[inBook.count] = count;
  intended[intent.next] = count;
  intended[intent.target] = target;
  position[0] = target;
  intended[intent.count] = count;
  // Who is about to sleep sees the position, or is seen here. A fence takes as long as all the rest of this.
  if (fenced) Atomics.store(fence, 0, 0);
  intended[intent.target] = noTarget;
  return ((asleep[0] ?? 0) | (asleep[1] ?? 0)) !== 0;
};

/** Whether a word that others write is another one, or becomes so in so many looks. */
const changes = (words: Int32Array, index: number, value: number, looks: number): boolean => {
  let one = 1;
  for (let look = 0; look < looks; look += 1) {
    // JavaScript's pause: each look waits for a square root. Else the processor makes many loads ahead, all for nothing when
    // the word changes, and takes from the other thread of its core.
    one = Math.sqrt(one);
    if (words[index + ((one - 1) | 0)] !== value) return true;
  }
  return false;
};

/** @returns false where nothing was done, and the addon is to do it */
export type DirectPush = (record: Uint8Array) => boolean;

/** @param wake called where someone may sleep until a record came @returns null where the addon is to push each record */
export function directPush(ring: DirectRing, wake: () => void): DirectPush | null {
  const end = directEnd("push", ring);
  if (end === undefined) return null;
  const { capacity, words, whole, bytes, position, intended, asleep, book, at } = end;
  const { tells } = ring;
  const turn = 2 * capacity;
  const sources = new RecurringWords();
  let left = unchecked;
  /** The other end as it was seen, and the records before this one's position since. Not seen yet: another number than there are. */
  let seen = 0;
  let leftRecords = ~(at[1] ?? 0);

  return (record) => {
    const source = sources.of(record);
    if (source === undefined && !(record instanceof Uint8Array)) return false;
    if (words[0] !== magicWord || left === 0) {
      left = unchecked;
      return false;
    }
    left -= 1;
    const { length } = record;
    const from = at[0] ?? 0;
    const records = at[1] ?? 0;
    const units = 1 + ((length + 7) >>> 3);
    let used = distance(seen, from, turn);
    // Where there are more than were left the addon has pushed, and what was seen may be of a turn before.
    if (records !== leftRecords || ((used + units) | 0) > capacity) {
      seen = words[ends.pop.position] ?? -1;
      if (seen < 0 || seen >= turn) return false;
      used = distance(seen, from, turn);
      if (((used + units) | 0) > capacity) return false;
    }
    const unit = from >= capacity ? (from - capacity) | 0 : from;
    // It, or the position, goes on at the beginning.
    if (((unit + units) | 0) > capacity || ((from + units) | 0) === turn) return false;
    leftRecords = (records + 1) | 0;
    const header = ((headerBytes >> 2) + 2 * unit) | 0;
    words[header] = length;
    words[(header + 1) | 0] = ~length;
    const begin = unitBytes * (unit + 1);
    if (source === undefined || !movedAsWords(source, length)) bytes.set(record, begin);
    else {
      moveWords(source, 0, whole, ((headerBytes >> 3) + unit + 1) | 0, length >> 3);
      for (let i = length & ~7; i < length; i++) bytes[begin + i] = record[i] ?? 0;
    }
    if (commit(book, intended, position, asleep, tells, units)) wake();
    return true;
  };
}

/**
 * @param looks so often at most it looks whether there is a record
 * @returns `undefined`: there is none; `null`: nothing was done, and the addon is to do it. So where it is longer than `into`
 */
export type DirectPop = (into: Uint8Array | undefined, looks: number) => Uint8Array | undefined | null;

/** @param wake called where someone may sleep until there was room @returns null where the addon is to pop each record */
export function directPop(ring: DirectRing, wake: () => void): DirectPop | null {
  const end = directEnd("pop", ring);
  if (end === undefined) return null;
  const { capacity, words, whole, bytes, position, intended, asleep, book, at } = end;
  const { tells } = ring;
  const turn = 2 * capacity;
  const spaces = new RecurringWords(Infinity);
  let left = unchecked;

  return (into, looks) => {
    if (words[0] !== magicWord || left === 0) {
      left = unchecked;
      return null;
    }
    left -= 1;
    const from = at[0] ?? 0;
    if (!changes(words, ends.push.position, from, looks)) return undefined;
    const used = distance(from, words[ends.push.position] ?? -1, turn);
    if (used <= 0 || used > capacity) return null;
    const unit = from >= capacity ? (from - capacity) | 0 : from;
    const header = ((headerBytes >> 2) + 2 * unit) | 0;
    const length = words[header] ?? -1;
    const units = 1 + ((length + 7) >>> 3);
    // Withdrawn, or nonsense; or it, or the position, goes on at the beginning.
    if (words[(header + 1) | 0] !== ~length || length < 0 || units > used || ((unit + units) | 0) > capacity)
      return null;
    if (((from + units) | 0) === turn) return null;
    const begin = unitBytes * (unit + 1);
    let record: Uint8Array;
    if (into === undefined) record = bytes.slice(begin, begin + length);
    else if (length > into.length) return null;
    else {
      const target = spaces.of(into);
      if (target === undefined || !movedAsWords(target, length)) into.set(bytes.subarray(begin, begin + length));
      else {
        moveWords(whole, ((headerBytes >> 3) + unit + 1) | 0, target, 0, length >> 3);
        for (let i = length & ~7; i < length; i++) into[i] = bytes[begin + i] ?? 0;
      }
      record = filled(into, length);
    }
    if (commit(book, intended, position, asleep, tells, units)) wake();
    return record;
  };
}
