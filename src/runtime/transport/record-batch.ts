/** Records that leave together: what is sent in one tick is one write, and one system call, or a few where there is much. */
import { availableParallelism } from "node:os";
import { HEADER_BYTES, recordMark } from "./record-marking.ts";

/** Of a batch. What is longer goes by itself. */
const BATCH_BYTES = 64 * 1024;
/** Buffers that are kept for the next batch of any connection: a tick has as many as it writes to connections. */
const KEPT_BUFFERS = 16;

/**
 * Records of the first batch of a tick, where the peer has nobody else's to read: it works on them while the rest is made. (With 64 calls
 * outstanding on one connection each end otherwise waits for the other's 64.) The next batches have twice as many each.
 */
const FIRST_RECORDS = 16;
/** Where there is but one, a peer of this host can't work meanwhile. */
const HAS_PROCESSORS = availableParallelism() > 1;

const NO_BYTES = new Uint8Array(0);
/** Of all connections, so that those which send nothing hold none. */
const kept: Uint8Array[] = [];
/** Batches have numbers: whose tick was the last one of this thread. */
let batches = 0;
let last = 0;

export class RecordBatch {
  #buffer: Uint8Array = NO_BYTES;
  #length = 0;
  #records = 0;
  #dueRecords = Infinity;
  readonly #firstRecords: number;
  readonly #number = ++batches;

  /** @param hasProcessors whether the peer may work at the same time */
  constructor(hasProcessors: boolean = HAS_PROCESSORS) {
    this.#firstRecords = hasProcessors ? FIRST_RECORDS : Infinity;
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether there is room for another message. */
  hasRoom(message: Uint8Array): boolean {
    return this.#length + HEADER_BYTES + message.length <= BATCH_BYTES;
  }

  /** Whether it is to leave before the tick ends. */
  get isDue(): boolean {
    return this.#records >= this.#dueRecords;
  }

  /** Copies a message behind its mark. There is room. */
  add(message: Uint8Array): void {
    if (this.#length === 0) this.#buffer = kept.pop() ?? Buffer.allocUnsafeSlow(BATCH_BYTES);
    const buffer = this.#buffer;
    const at = this.#length;
    const { length } = message;
    const mark = recordMark(length);
    buffer[at] = mark >>> 24;
    buffer[at + 1] = mark >>> 16;
    buffer[at + 2] = mark >>> 8;
    buffer[at + 3] = mark;
    buffer.set(message, at + HEADER_BYTES);
    this.#length = at + HEADER_BYTES + length;
    this.#records++;
  }

  /** Empties it: the buffer that holds it, in front. It is the caller's, who gives it back by `keepBuffer` or lets it go. */
  take(): Uint8Array {
    const buffer = this.#buffer;
    this.#buffer = NO_BYTES;
    this.#length = 0;
    this.#records = 0;
    this.#dueRecords *= 2;
    return buffer;
  }

  /** The tick has ended, and the batch was taken. Of several connections that are busy each one's peer works while the others are served. */
  endTick(): void {
    this.#dueRecords = last === this.#number ? this.#firstRecords : Infinity;
    last = this.#number;
  }
}

/** Takes back a batch's buffer, whose bytes nobody needs any more: they are written over. */
export function keepBuffer(buffer: Uint8Array): void {
  if (kept.length < KEPT_BUFFERS) kept.push(buffer);
}
