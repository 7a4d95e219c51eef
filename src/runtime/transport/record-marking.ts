/** Record marking (RFC 5531 section 11): messages on a byte stream, in fragments with a four-byte header each. */

import type { BudgetHolder, ByteBudget } from "./byte-budget.ts";
import { RecordParts } from "./record-parts.ts";

export type RecordErrorCode = "RECORD_TOO_LARGE" | "RECORD_TOO_FRAGMENTED" | "RECORDS_TOO_LARGE" | "RECORD_STALLED";

/** A record that exceeds a bound: the stream can't be read on, since its end is not known to be honest. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly code: RecordErrorCode;

  constructor(code: RecordErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const LAST_FRAGMENT = 0x8000_0000;
/** Of a fragment's mark. */
export const HEADER_BYTES: number = 4;
/** So many times what has come of a record its mark can make us reserve for the rest. */
const MOST_AHEAD = 16;

/** Bounds of a record. */
export interface RecordLimits {
  /** Bytes of all its fragments. */
  readonly maxBytes: number;
  /** Bytes of a record that is sent. Default: `maxBytes`. */
  readonly maxSentBytes?: number;
  /** Fragments: empty ones are legal, and evade a bound on bytes. */
  readonly maxFragments: number;
  /** Of the records in progress of all connections that share it. Default: none. */
  readonly budget?: ByteBudget | undefined;
}

/** Puts records together from whatever pieces the stream comes in. */
export class RecordReader implements BudgetHolder {
  readonly #limits: RecordLimits;
  readonly #evicted: (error: RecordError) => void;
  #header = 0;
  #headerBytes = 0;
  /** Bytes of the current fragment still to come. */
  #fragmentLeft = 0;
  #lastFragment = false;
  #fragments = 0;
  readonly #parts: RecordParts;

  /**
   * @param evicted the record in progress was dropped for others' sake: the stream can't be read on
   * @param ownsPieces whether the memory of the pieces is not used for anything else
   */
  constructor(limits: RecordLimits, evicted: (error: RecordError) => void = () => undefined, ownsPieces = true) {
    this.#limits = limits;
    this.#parts = new RecordParts(ownsPieces);
    this.#evicted = evicted;
  }

  /** Whether a record has begun and not ended. */
  get partial(): boolean {
    return this.#headerBytes > 0 || this.#fragments > 0;
  }

  /** Bytes of the record that has begun. */
  get partialBytes(): number {
    return this.#parts.length;
  }

  /** The records in progress of all connections are too many, and this is the largest. */
  evict(): void {
    this.#reset();
    this.#evicted(tooLargeTogether());
  }

  /** Gives back what a record that will not end has taken of the budget. */
  abandon(): void {
    this.#reset();
  }

  /**
   * Takes the next piece of the stream, and hands on each record that it completes. A record that lies whole in the
   * piece is a view of it. Throws a `RecordError` where a bound is exceeded.
   */
  push(piece: Uint8Array, record: (bytes: Uint8Array) => void): void {
    const { buffer, byteOffset } = piece; // calls into the engine
    let at = 0;
    for (;;) {
      if (this.#headerBytes < HEADER_BYTES) {
        while (this.#headerBytes < HEADER_BYTES) {
          const byte = piece[at];
          if (byte === undefined) return;
          at++;
          this.#header = ((this.#header << 8) | byte) >>> 0;
          this.#headerBytes++;
        }
        this.#beginFragment();
      }
      const take = Math.min(this.#fragmentLeft, piece.length - at);
      this.#fragmentLeft -= take;
      const ends = this.#fragmentLeft === 0 && this.#lastFragment;
      if (ends && this.#parts.length === 0) {
        // A plain view: a Buffer's subarray() costs twice as much, and each record of a busy stream is one.
        const whole = new Uint8Array(buffer, byteOffset + at, take);
        at += take;
        this.#reset();
        record(whole);
        continue;
      }
      this.#append(piece.subarray(at, at + take));
      at += take;
      if (this.#fragmentLeft > 0) return; // the piece is used up
      this.#endFragment(record);
    }
  }

  #beginFragment(): void {
    this.#lastFragment = this.#header >= LAST_FRAGMENT;
    this.#fragmentLeft = this.#header % LAST_FRAGMENT;
    this.#fragments++;
    const { maxBytes, maxFragments } = this.#limits;
    const bytes = this.#parts.length + this.#fragmentLeft;
    if (bytes > maxBytes) {
      throw new RecordError("RECORD_TOO_LARGE", `a record of at least ${bytes} bytes exceeds ${maxBytes}`);
    }
    if (this.#fragments > maxFragments) {
      throw new RecordError("RECORD_TOO_FRAGMENTED", `a record of more than ${maxFragments} fragments`);
    }
  }

  /** Whether the next bytes are a fragment's mark. */
  get isAtMark(): boolean {
    return this.#headerBytes < HEADER_BYTES;
  }

  /**
   * Where the next bytes of the fragment belong, for who can put them there without a copy between: `filled` is to follow. Throws a `RecordError`
   * where all connections hold too much.
   * @returns undefined where the fragment has fewer than `least` left, or so little has come that no more is reserved: a mark alone reserves nothing
   */
  place(least: number, most: number): Uint8Array | undefined {
    const reserved = Math.min(this.#fragmentLeft, MOST_AHEAD * this.#parts.length);
    if (reserved < least) return undefined;
    const bytes = Math.min(most, reserved);
    const ahead = reserved - bytes;
    this.#reserve(this.#parts.memoryForPlace(bytes, ahead));
    return this.#parts.place(bytes, ahead);
  }

  /** So many bytes have been put into their place. Hands on the record where they complete it. */
  filled(bytes: number, record: (bytes: Uint8Array) => void): void {
    this.#parts.filled(bytes);
    this.#fragmentLeft -= bytes;
    if (this.#fragmentLeft === 0) this.#endFragment(record);
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(this.#parts.memoryFor(bytes));
    this.#parts.add(bytes);
  }

  #reserve(more: number): void {
    if (more > 0 && this.#limits.budget?.take(this, more) === false) throw tooLargeTogether();
  }

  #endFragment(record: (bytes: Uint8Array) => void): void {
    this.#headerBytes = 0;
    this.#header = 0;
    if (!this.#lastFragment) return;
    const whole = this.#parts.whole();
    this.#reset();
    record(whole);
  }

  #reset(): void {
    this.#header = 0;
    this.#headerBytes = 0;
    this.#fragments = 0;
    this.#fragmentLeft = 0;
    if (this.#parts.isEmpty) return;
    this.#limits.budget?.give(this);
    this.#parts.clear();
  }
}

/** Told to the one that holds the most. */
function tooLargeTogether(): RecordError {
  const message = "the records in progress exceed what all connections may hold, and this one's is the largest";
  return new RecordError("RECORDS_TOO_LARGE", message);
}

/** What stands in front of a message that is a record of one fragment. */
export function recordMark(bytes: number): number {
  return (LAST_FRAGMENT + bytes) >>> 0;
}

/** What stands in front of it, for who writes the two one after the other. */
export function markOf(message: Uint8Array): Uint8Array {
  const mark = Buffer.allocUnsafe(HEADER_BYTES);
  mark.writeUInt32BE(recordMark(message.length));
  return mark;
}

/** A message as a record of one fragment, in bytes of its own. */
export function frameRecord(message: Uint8Array): Uint8Array {
  return Buffer.concat([markOf(message), message]);
}
