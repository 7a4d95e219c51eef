import { MAX_TIMER_MS, STALL_PROGRESS_BYTES } from "../limits.ts";
import { RecordError } from "./record-marking.ts";

/** What a stream waits for. */
export interface Stalls {
  /** Whether the peer owes a first record. */
  readonly awaitsRecord: boolean;
  /** Whether anything is read at present. */
  isReading(): boolean;
  /** Bytes of a record that has begun; undefined where none has. */
  partialBytes(): number | undefined;
  /** Whether what is to be sent fills the system's buffers, because the peer does not read. */
  isUnread(): boolean;
  /** Bytes that the system has taken for the peer since the beginning. More may be queued all the time: their rest tells nothing. */
  takenBytes(): number;
}

/**
 * Ends a stream whose peer does not do its part: it has begun a record and does not go on, it does not read what is sent to
 * it, or it has connected and says nothing.
 */
export class StallTimer {
  readonly #timeoutMs: number;
  readonly #stalls: Stalls;
  readonly #expire: (error: Error) => void;
  /** It runs on where nothing is waited for any more, and is there for what is waited for next: a timer for each read would cost more than the read. */
  #timer: NodeJS.Timeout | undefined;
  /** Since when the peer owes something; undefined where it owes nothing. */
  #sinceMs: number | undefined;
  #owesFirst: boolean;
  #taken = 0;
  #partial = 0;
  #steps = 0;
  #stopped = false;

  constructor(timeoutMs: number, stalls: Stalls, expire: (error: Error) => void) {
    this.#timeoutMs = timeoutMs;
    this.#stalls = stalls;
    this.#expire = expire;
    this.#owesFirst = stalls.awaitsRecord;
  }

  /** Whether no record has come yet, on an end that waits for one. */
  get isFirst(): boolean {
    return this.#owesFirst;
  }

  /** It waits for a first record once more. */
  awaitFirst(): void {
    this.#clear();
    this.#owesFirst = this.#stalls.awaitsRecord;
  }

  /** A whole record has come. */
  gotRecord(): void {
    this.#owesFirst = false;
    this.#partial = 0;
    if (this.#sinceMs !== undefined) this.#clear();
  }

  /** Something has changed: bytes came, or went, or are to go. */
  touch(): void {
    if (this.#stopped || this.#timeoutMs === Infinity) return;
    const owes = this.#owed();
    if (owes === undefined) {
      if (this.#sinceMs !== undefined) this.#clear();
      return;
    }
    const partial = this.#stalls.partialBytes() ?? 0;
    const isStep = partial >= this.#partial + STALL_PROGRESS_BYTES;
    if (isStep) {
      this.#partial = partial;
      this.#steps++;
    }
    if (this.#sinceMs === undefined) this.#arm();
    else if (isStep) this.#sinceMs = performance.now();
  }

  stop(): void {
    this.#stopped = true;
    this.#clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    this.#taken = this.#stalls.takenBytes();
    this.#sinceMs = performance.now();
    if (this.#timer === undefined) this.#start(this.#timeoutMs);
  }

  #start(ms: number): void {
    const fired = (): void => {
      this.#timer = undefined;
      const sinceMs = this.#sinceMs;
      if (sinceMs === undefined) return;
      const leftMs = sinceMs + this.#timeoutMs - performance.now();
      // A timer may fire a little early, as the system's clock of the loop is rounded.
      if (leftMs > 1) {
        this.#start(leftMs);
        return;
      }
      const steps = this.#steps;
      // What came while this process did something else is read first: that it is late is not the peer's fault.
      setImmediate(() => {
        if (this.#sinceMs === sinceMs && this.#steps === steps) this.#elapsed();
        else if (this.#sinceMs !== undefined && this.#timer === undefined) this.#start(this.#timeoutMs);
      });
    };
    this.#timer = setTimeout(fired, Math.min(ms, MAX_TIMER_MS)).unref();
  }

  #elapsed(): void {
    this.#sinceMs = undefined;
    const owed = this.#owed();
    if (owed === undefined || this.#stopped) return;
    // It reads, if slowly.
    if (this.#stalls.isUnread() && this.#stalls.takenBytes() > this.#taken) this.#arm();
    else this.#expire(new RecordError("RECORD_STALLED", `the peer ${owed} for ${this.#timeoutMs} ms`));
  }

  #clear(): void {
    this.#sinceMs = undefined;
    this.#partial = 0;
  }

  /** What the peer leaves undone. */
  #owed(): string | undefined {
    if (this.#stalls.isUnread()) return "read nothing of what it was sent";
    if (!this.#stalls.isReading()) return undefined;
    if (this.#stalls.partialBytes() !== undefined) return "did not go on with a record";
    return this.#owesFirst ? "sent no call" : undefined;
  }
}
