import { MAX_BROADCAST_UNREAD_BYTES } from "./limits.ts";

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The replies that have come and were not read yet, as an iterator. It starts its source at the first `next`, and closes it
 * once: when the source says so, when it fails, or when the reader does not want more.
 */
export class BroadcastReplies<T> implements AsyncIterator<T, undefined> {
  readonly #start: () => Promise<void>;
  readonly #close: () => Promise<void>;
  readonly #queue: { readonly reply: T; readonly bytes: number }[] = [];
  readonly #waiting: Waiting<T>[] = [];
  #bytes = 0;
  #started = false;
  #closed: Promise<void> | undefined;
  /** What the next reader is told, once. */
  #failure: { readonly error: unknown } | undefined;

  constructor(start: () => Promise<void>, close: () => Promise<void>) {
    this.#start = start;
    this.#close = close;
  }

  /** Whether nothing more is taken. */
  hasEnded(): boolean {
    return this.#closed !== undefined;
  }

  /** Takes a reply; false where there is no room for it. */
  push(reply: T, bytes: number): boolean {
    if (this.hasEnded()) return false;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: reply });
      return true;
    }
    if (this.#bytes + bytes > MAX_BROADCAST_UNREAD_BYTES) return false;
    this.#bytes += bytes;
    this.#queue.push({ reply, bytes });
    return true;
  }

  /** No more comes; what has come can be read. */
  finish(): void {
    void this.#end();
  }

  /** Ends at once, with an error for the reader. */
  fail(error: unknown): void {
    if (this.hasEnded()) return;
    this.#drop();
    this.#failure = { error };
    void this.#end();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#started) {
      this.#started = true;
      if (!this.hasEnded()) {
        this.#start().catch((error: unknown) => {
          this.fail(error);
        });
      }
    }
    const first = this.#queue.shift();
    if (first !== undefined) {
      this.#bytes -= first.bytes;
      return Promise.resolve({ done: false, value: first.reply });
    }
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      if (this.#closed === undefined) this.#waiting.push(waiting);
      else void this.#closed.then(() => { this.#settle(waiting); }); // prettier-ignore
    });
  }

  /** The reader wants no more. Resolves when nothing is open any more. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#drop();
    await this.#end();
    return { done: true, value: undefined };
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#bytes = 0;
  }

  #end(): Promise<void> {
    // Who is told of the end finds everything closed.
    this.#closed ??= this.#close().then(() => {
      for (const waiting of this.#waiting.splice(0)) this.#settle(waiting);
    });
    return this.#closed;
  }

  #settle({ resolve, reject }: Waiting<T>): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) resolve({ done: true, value: undefined });
    else reject(failure.error);
  }
}
