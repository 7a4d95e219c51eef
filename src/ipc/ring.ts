/**
 * A bounded buffer in shared memory, between processes.
 * @module
 */
import { performance } from "node:perf_hooks";
import type { NativeKey } from "./handle.ts";
import { filled, type IntoOptions } from "./into.ts";
import type { Mapping } from "./mapping.ts";
import { directPop, directPush, type DirectPop, type DirectPush } from "./ring-direct.ts";
import { nativeRing, positionWords, tell, type NativeRing } from "./ring-native.ts";
import { ringDeath, type RingDeath } from "./ring-death.ts";
import { RingWaits } from "./ring-waits.ts";
import { systemError } from "./system-error.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

export interface RingFormatOptions {
  /** Where the ring begins: bytes, a multiple of 128. Default 0. */
  offset?: number | undefined;
  /** Bytes, header and data: see {@link Ring.bytesFor}. Default: to the mapping's end. */
  length?: number | undefined;
  /** Whether several may push, taking turns by a lock, or only one, without it. Default "many". */
  producers?: "one" | "many" | undefined;
  /** The same of those who pop. Default "many". */
  consumers?: "one" | "many" | undefined;
  /** Records that it holds at most. Default: as many as there is room for. */
  maxRecords?: number | undefined;
}

export interface RingOpenOptions {
  /** As it was formatted. Default 0. */
  offset?: number | undefined;
  /** Called where an operation of ours has ended what the other end waits for by {@link Ring.armPop} or {@link Ring.armPush}: writes to its eventfd. */
  wakePeer?: (() => void) | undefined;
}

export interface RingSyncOptions extends SyncWaitOptions {
  /** Microseconds to look for a change before the thread sleeps, within `timeoutMs`. It burns a processor meanwhile, and helps where the other end runs on another one. Default 0. */
  spinUs?: number | undefined;
}

/** Beyond this a popped record gets memory of its own at once. */
const scratchBytes = 65_536;

/** Looks of {@link Ring.tryPop} at an empty ring without the addon, until one with it, which checks the memory too. */
const looksUnchecked = 255;

/** Looks between two at the clock, during which nothing is seen: 3 µs once they are compiled. */
const looksPerClock = 256;

function checkSpin(spinUs: number): void {
  if (Number.isSafeInteger(spinUs) && spinUs >= 0) return;
  throw new RangeError(`spinUs must be an integer of at least 0, not ${String(spinUs)}`);
}

/**
 * A bounded buffer of records of any length (producers push, consumers pop, each record is popped once), in memory that
 * processes share. A process that is killed in the middle of anything holds nobody up: see {@link deaths}. Records of one
 * producer come out in their order.
 *
 * Errors: `RING_CORRUPT` (the memory does not hold what any of us writes, or was truncated), `EBUSY` (in a ring of one
 * producer or consumer: another is it, and lives), `EMSGSIZE` (longer than `maxRecordBytes`), `EBADF` (closed).
 *
 * All who use a ring must be in one PID namespace. It is used by the thread that opened it; a worker opens its own.
 */
export class Ring implements Disposable {
  /** @internal For what is built on it. */
  readonly native: NativeRing;
  /** @internal For the calls that are made all the time. */
  readonly key: NativeKey<NativeRing>;
  /** Bytes of the longest record. */
  readonly maxRecordBytes: number;
  /** Bytes for records, each with 8 of its own and filled up to 8. */
  readonly capacity: number;
  readonly #waits: RingWaits;
  readonly #wakePeer: (() => void) | undefined;
  readonly #scratch: Uint8Array;
  /** The ring's positions in the shared memory; of no length once the mapping is closed. */
  readonly #words: Int32Array;
  /** Of what JavaScript's own operations are made. */
  readonly #place: { mapping: Mapping; offset: number; native: NativeRing; tells: boolean };
  /** Where an end is this thread's alone, from the first operation on that does not sleep; `null` where it is not. */
  #push: DirectPush | null | undefined;
  #pop: DirectPop | null | undefined;
  #looks = 0;
  #closed = false;

  private constructor(mapping: Mapping, offset: number, wakePeer: (() => void) | undefined) {
    // First: what is mapped may be more than a buffer can have, and then nothing is to be attached.
    const { buffer } = mapping;
    const native = new (nativeRing().Ring)(mapping.native, offset, Math.min(mapping.byteLength, scratchBytes));
    this.#place = { mapping, offset, native, tells: wakePeer !== undefined };
    this.#scratch = native.scratch;
    this.native = native;
    this.#words = new Int32Array(buffer, offset, positionWords.pop + 2);
    this.key = native.key;
    this.#wakePeer = wakePeer;
    this.#waits = new RingWaits(native);
    this.maxRecordBytes = native.maxRecordBytes;
    this.capacity = native.capacity;
  }

  /** Bytes of memory for a ring of this capacity. */
  static bytesFor(capacity: number): number {
    return nativeRing().ringHeaderBytes + Math.ceil(capacity / 8) * 8;
  }

  /**
   * Writes an empty ring. Nobody may use one there: who still has one open goes on where that was.
   * @throws `EINVAL`: too short, beyond the mapping, longer than 16 GiB, not at a multiple of 128, or mapped for reading
   */
  static format(mapping: Mapping, options: RingFormatOptions = {}): void {
    const { offset = 0, producers = "many", consumers = "many", maxRecords } = options;
    const { length = Math.max(0, mapping.byteLength - offset) } = options;
    if (maxRecords !== undefined && !(Number.isInteger(maxRecords) && maxRecords >= 1 && maxRecords < 2 ** 32))
      throw new RangeError(`maxRecords must be an integer from 1 to 4294967295, not ${String(maxRecords)}`);
    nativeRing().ringFormat(
      mapping.native,
      offset,
      length,
      producers === "many",
      consumers === "many",
      maxRecords ?? 0,
    );
  }

  /**
   * Uses the ring that lies there.
   * @throws `RING_CORRUPT` (there is none, or not one that fits the mapping), `ENOTSUP` (of another layout, or of another PID
   *   namespace), `ENOSPC` (63 use it), `EINVAL` (no place for a ring; mapped for reading), `EBADF` (the mapping is closed);
   *   RangeError (`ERR_BUFFER_TOO_LARGE`: more is mapped than a buffer can have)
   */
  static open(mapping: Mapping, { offset = 0, wakePeer }: RingOpenOptions = {}): Ring {
    return new Ring(mapping, offset, wakePeer);
  }

  /** Records in it. Others push and pop meanwhile. */
  get length(): number {
    return this.native.usage()[0];
  }

  /** Bytes of its capacity that are free. A record needs its length, filled up to 8, and 8. */
  get freeBytes(): number {
    return this.capacity - this.native.usage()[1];
  }

  /** Records that this has pushed. */
  get pushed(): number {
    return this.native.pushed;
  }

  /** Records that this has popped. */
  get popped(): number {
    return this.native.popped;
  }

  /** Pushes at once. @returns false where there is no room (or who holds the lock is stopped, for 50 ms) */
  tryPush(bytes: Uint8Array): boolean {
    return !this.#waits.pushing && this.#tryPush(bytes);
  }

  /** Pushes as soon as there is room, after those that wait already. */
  async push(bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    await this.pushWith(bytes, options, () => this.#tryPush(bytes) || undefined);
  }

  /** {@link push}, with the thread waiting; before the asynchronous ones that wait. */
  pushSync(bytes: Uint8Array, { timeoutMs, spinUs = 0 }: RingSyncOptions = {}): void {
    checkWaitOptions({ timeoutMs });
    checkSpin(spinUs);
    // Who does not look would sleep and be woken, of which the addon makes one call.
    if (spinUs > 0 && this.#pushHere(bytes)) return;
    const functions = nativeRing();
    if (timeoutMs === undefined && spinUs === 0) this.settled(functions.ringPushSync(this.key, bytes));
    else this.settled(functions.ringPushSync(this.key, bytes, timeoutMs, spinUs));
    if (spinUs > 0) this.#pushed();
  }

  /**
   * A record that is there now, or `undefined`.
   * @param spinUs microseconds to look for one, with the thread: what a loop polls with that waits for an answer from
   *   another processor. Default 0
   * @throws `EMSGSIZE` where it is longer than `into`; it stays
   */
  tryPop({ spinUs = 0, into }: IntoOptions & { spinUs?: number } = {}): Uint8Array | undefined {
    checkSpin(spinUs);
    if (this.#pop != null) return this.#popHere(this.#pop, into, spinUs);
    if (spinUs === 0 && this.#seemsEmpty()) return undefined;
    return this.#popped(this.#record(this.native.pop(into, spinUs), into));
  }

  /**
   * A record, as soon as one is there. Rejects with `EMSGSIZE` where it is longer than `into`; it stays.
   */
  pop(options: IntoOptions & WaitOptions = {}): Promise<Uint8Array> {
    const { into } = options;
    return this.popWith(options, () => this.tryPop({ into }));
  }

  /**
   * {@link pop}, with the thread waiting.
   * @throws `EMSGSIZE` where it is longer than `into`; it stays
   */
  popSync({ timeoutMs, spinUs = 0, into }: IntoOptions & RingSyncOptions = {}): Uint8Array {
    checkWaitOptions({ timeoutMs });
    checkSpin(spinUs);
    const functions = nativeRing();
    const end = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    let spinsLeft = spinUs;
    const ours = this.#pop;
    if (spinUs > 0 && ours != null) {
      const longest = timeoutMs === undefined ? spinUs : Math.min(spinUs, Math.ceil(1000 * timeoutMs));
      const record = this.#popHere(ours, into, longest);
      if (record !== undefined) return record;
      spinsLeft = 0;
    }
    for (;;) {
      const left = end === undefined ? undefined : Math.max(0, end - performance.now());
      const plain = left === undefined && spinsLeft === 0;
      const popped = this.#record(
        plain ? functions.ringPopSync(this.key, into) : functions.ringPopSync(this.key, into, left, spinsLeft),
        into,
      );
      // Another has taken the long record that we made room for.
      if (popped !== undefined) return spinUs > 0 ? this.#popped(popped) : popped;
    }
  }

  /**
   * For who sleeps on something of its own, an eventfd in its event loop: asks the next push of anyone to call its
   * `wakePeer`, once. One at a time in a ring.
   * @returns false where there is a record already: then nothing was asked
   */
  armPop(): boolean {
    return this.native.arm(false, 0);
  }

  /** {@link armPop} for a producer: asks the next pop, unless there is room for a record of so many bytes. */
  armPush(bytes: number): boolean {
    return this.native.arm(true, bytes);
  }

  /**
   * Those whose process has ended without closing the ring, each told once. What they were doing has been put right by
   * the time it is told: each record was pushed or not, and was popped by one whose count says so or is still there.
   */
  deaths(): RingDeath[] {
    return this.native.deaths().map(ringDeath);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Uses it no more; others go on. Who waits in this process is rejected with `ECANCELED`. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#push = null;
    this.#pop = null;
    this.#waits.close();
    this.native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal {@link push} by another attempt. */
  pushWith<T>(bytes: Uint8Array, options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    return this.#waits.push(bytes.length, options, attempt);
  }

  /** @internal {@link pop} by another attempt. */
  popWith<T>(options: WaitOptions, attempt: () => T | undefined): Promise<T> {
    return this.#waits.pop(options, attempt);
  }

  /** @internal What the addon has yielded, the other end told. */
  settled(outcome: number): number {
    if (outcome < tell) return outcome;
    this.#wakePeer?.();
    return outcome - tell;
  }

  #tryPush(bytes: Uint8Array): boolean {
    if (this.#pushHere(bytes)) return true;
    if (this.settled(this.native.push(bytes)) === -1) return false;
    this.#pushed();
    return true;
  }

  /** Pushes without the addon, where that can be done. */
  #pushHere(bytes: Uint8Array): boolean {
    const ours = this.#push;
    return ours != null && ours(bytes);
  }

  /** The addon has pushed, after which it may not be needed any more. */
  #pushed(): void {
    if (this.#push === undefined)
      this.#push = directPush(this.#place, () => {
        this.#wake(true);
      });
  }

  /** Pops without the addon, where that can be done, and looks for a record so long. */
  #popHere(ours: DirectPop, into: Uint8Array | undefined, spinUs: number): Uint8Array | undefined {
    let end: number | undefined;
    for (;;) {
      const popped = ours(into, spinUs > 0 ? looksPerClock : 1);
      const record = popped === null ? this.#record(this.native.pop(into), into) : popped;
      if (record !== undefined || spinUs === 0) return record;
      const now = performance.now();
      end ??= now + spinUs / 1000;
      if (now >= end) return undefined;
    }
  }

  /** A record that the addon has popped, after which it may not be needed any more. */
  #popped<T extends Uint8Array | undefined>(record: T): T {
    if (record !== undefined && this.#pop === undefined)
      this.#pop = directPop(this.#place, () => {
        this.#wake(false);
      });
    return record;
  }

  #wake(pushing: boolean): void {
    if (this.native.wake(pushing)) this.#wakePeer?.();
  }

  /** What the addon has popped into the caller's space, or our scratch; a longer one than that into memory of its own. */
  #record(outcome: number, into?: Uint8Array): Uint8Array | undefined {
    const length = outcome < tell ? outcome : outcome - tell;
    if (length < -1) {
      if (into !== undefined) throw systemError("EMSGSIZE", "ring");
      return this.#longRecord(-2 - length);
    }
    const popped =
      length === -1 ? undefined : into === undefined ? this.#scratch.slice(0, length) : filled(into, length);
    // Only now: who is told may pop too.
    this.settled(outcome);
    return popped;
  }

  #longRecord(bytes: number): Uint8Array | undefined {
    for (let size = bytes; ;) {
      const space = new Uint8Array(size);
      const length = this.settled(this.native.pop(space));
      if (length >= 0) return space.subarray(0, length);
      // The next one may be another, where others pop too.
      if (length === -1) return undefined;
      size = -2 - length;
    }
  }

  /** Whoever polls looks often in vain: this costs a tenth of a call of the addon. */
  #seemsEmpty(): boolean {
    const words = this.#words;
    if (words.length === 0 || this.#closed || this.#looks === looksUnchecked) {
      this.#looks = 0;
      return false;
    }
    this.#looks += 1;
    // The low words differ where anything lies between the two.
    return words[positionWords.push] === words[positionWords.pop];
  }
}
