import { keepFreedMemory } from "./native.ts";

/** From so many bytes on malloc maps memory anew each time, if it is left alone. */
const LARGE_BYTES = 128 * 1024;
/** From so many bytes on a piece of a stream is kept as it is; what is shorter is copied, so that its memory is let go. */
const KEPT_BYTES = 16 * 1024;
/** What short pieces are copied into, the first time; then twice as much each time, up to the length of a read. */
const FIRST_BYTES = 4096;
const MOST_BYTES = 64 * 1024;

/**
 * A record that came in several pieces. Its memory grows with what has come, never with what a header promises, and is copied once: when all of it
 * is there, or as soon as the memory for the rest is known to be worth it.
 */
export class RecordParts {
  readonly #keptBytes: number;
  readonly #parts: Uint8Array[] = [];
  /** The last part, where short pieces are copied to. */
  #open: Uint8Array | undefined;
  /** Bytes of it that are in use. */
  #used = 0;
  #length = 0;

  /** @param areOwn whether the pieces stay as they are */
  constructor(areOwn: boolean) {
    this.#keptBytes = areOwn ? KEPT_BYTES : Infinity;
  }

  /** Bytes of the record so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether no memory is taken. */
  get isEmpty(): boolean {
    return this.#open === undefined && this.#parts.length === 0;
  }

  /** Bytes of memory that `add` will take for a piece. */
  memoryFor(piece: Uint8Array): number {
    if (piece.length <= this.#room) return 0;
    return piece.length >= this.#keptBytes ? piece.length : this.#sizeFor(piece);
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (piece.length > this.#room) {
      if (piece.length >= this.#keptBytes) {
        this.#close();
        this.#parts.push(piece);
        return;
      }
      this.#openOf(this.#sizeFor(piece));
    }
    this.#open?.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** Bytes of memory that `place` will take, beside that of what is there. */
  memoryForPlace(bytes: number, ahead: number): number {
    return this.#room === 0 ? bytes + ahead : 0;
  }

  /**
   * Where the next bytes belong, for who puts them there: `filled` is to follow.
   * @param ahead bytes behind those that are expected, too
   * @returns room for so many, or for fewer: what was taken is filled up first
   */
  place(bytes: number, ahead: number): Uint8Array {
    const open = this.#room > 0 && this.#open !== undefined ? this.#open : this.#openBehind(bytes + ahead);
    return open.subarray(this.#used, this.#used + bytes);
  }

  /** So many bytes were put into their place. */
  filled(bytes: number): void {
    this.#used += bytes;
    this.#length += bytes;
  }

  /** The record, in memory of its own. */
  whole(): Uint8Array {
    this.#close();
    const [first] = this.#parts;
    if (first !== undefined && this.#parts.length === 1) return first;
    const whole = memoryOf(this.#length);
    this.#copyTo(whole);
    return whole;
  }

  clear(): void {
    this.#parts.length = 0;
    this.#open = undefined;
    this.#used = this.#length = 0;
  }

  get #room(): number {
    return this.#open === undefined ? 0 : this.#open.length - this.#used;
  }

  #sizeFor(piece: Uint8Array): number {
    return Math.max(piece.length, FIRST_BYTES, Math.min(2 * (this.#open?.length ?? 0), MOST_BYTES));
  }

  #openOf(size: number): Uint8Array {
    this.#close();
    return (this.#open = memoryOf(size));
  }

  /** Memory for so many bytes, behind those that are there, where these are fewer: then the record may end in it, and need no copy. */
  #openBehind(bytes: number): Uint8Array {
    if (!this.#isGathered(bytes)) return this.#openOf(bytes);
    this.#close();
    const open = memoryOf(this.#length + bytes);
    this.#copyTo(open);
    this.#parts.length = 0;
    this.#used = this.#length;
    return (this.#open = open);
  }

  /** Only where the record doubles at least: in all, each byte is copied so no more than twice. */
  #isGathered(bytes: number): boolean {
    return this.#length > 0 && bytes >= this.#length;
  }

  #copyTo(memory: Uint8Array): void {
    let at = 0;
    for (const part of this.#parts) {
      memory.set(part, at);
      at += part.length;
    }
  }

  #close(): void {
    if (this.#open !== undefined) this.#parts.push(this.#open.subarray(0, this.#used));
    this.#open = undefined;
    this.#used = 0;
  }
}

function memoryOf(bytes: number): Uint8Array {
  if (bytes >= LARGE_BYTES) keepFreedMemory();
  return Buffer.allocUnsafeSlow(bytes);
}
