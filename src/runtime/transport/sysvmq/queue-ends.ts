/** The two things that are done with a queue: pieces are put into it, by type, and taken out of it. */
import { setImmediate as turn } from "node:timers/promises";
import { MAX_RESULTS_AT_ONCE } from "../../../ipc/limits.ts";
import type { SysvMessageQueue } from "../../../ipc/sysv-message-queue.ts";
import { MAX_QUEUE_PIECE_BYTES } from "../../limits.ts";
import { Waiters } from "../../waiters.ts";
import { OrderedSends } from "../pieces/ordered-sends.ts";
import { type Piece, readPiece } from "../pieces/piece.ts";

/** Sends messages to a queue, in order: where one waits for room, the others wait behind it. */
export class QueueSender {
  readonly #queue: SysvMessageQueue;
  readonly #end = new AbortController();
  readonly #sends = new OrderedSends();
  #isBackground = false;

  constructor(queue: SysvMessageQueue) {
    this.#queue = queue;
  }

  /** False where there is no room. @throws `EIDRM`, `EINVAL`: the queue was removed */
  trySend(type: number, piece: Uint8Array): boolean {
    return this.#sends.isIdle && this.#queue.trySend(type, piece);
  }

  /** @param isWanted is asked when its turn has come */
  send(type: number, piece: Uint8Array, isWanted: () => boolean): Promise<void> {
    return this.#sends.run(async () => {
      const options = { signal: this.#end.signal, background: this.#isBackground };
      if (isWanted()) await this.#queue.send(type, piece, options);
    });
  }

  unref(): void {
    this.#isBackground = true;
  }

  /** @param isNow whether what waits is given up at once; else after a while */
  close(isNow: boolean): void {
    const end = (): void => {
      this.#end.abort(new Error("the connection has ended"));
    };
    if (isNow) end();
    else this.#sends.finish(end);
  }
}

/** Takes the messages of a type from a queue, or all, and hands them over in order. */
export class QueueReader {
  readonly #queue: SysvMessageQueue;
  readonly #type: number;
  readonly #received: (piece: Piece | undefined) => void;
  readonly #flushed = new Waiters();
  #interrupt = new AbortController();
  #isBackground = false;
  #isClosed = false;

  /**
   * @param type 0 for all
   * @param failed the queue was removed: nothing more comes
   */
  constructor(
    queue: SysvMessageQueue,
    type: number,
    received: (piece: Piece | undefined) => void,
    failed: (error: Error) => void,
  ) {
    this.#queue = queue;
    this.#type = type;
    this.#received = received;
    this.#run().catch((error: unknown) => {
      const wasClosed = this.#isClosed;
      this.#isClosed = true;
      this.#flushed.resolve();
      if (!wasClosed) failed(error as Error);
    });
  }

  /** Resolves when all that is in the queue now has been handed over. */
  flush(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const flushed = this.#flushed.wait();
    this.#interrupt.abort();
    return flushed;
  }

  unref(): void {
    this.#isBackground = true;
    this.#interrupt.abort(); // the wait that is under way keeps the process alive
  }

  close(): void {
    this.#isClosed = true;
    this.#interrupt.abort();
  }

  async #run(): Promise<void> {
    while (await this.#takeAll()) {
      const { signal } = this.#interrupt;
      try {
        const options = { ...this.#options(), signal, background: this.#isBackground };
        this.#take(await this.#queue.receive(options));
      } catch (error) {
        if (!signal.aborted) throw error;
        this.#interrupt = new AbortController();
        // What the wait had taken already comes in a later turn of the loop, and before all that is in the queue.
        for (let i = 0; i < 3; i++) await turn();
        await this.#takeAll();
        this.#flushed.resolve();
      }
    }
    this.#flushed.resolve();
  }

  /** False once it is closed. */
  async #takeAll(): Promise<boolean> {
    for (let taken = 1; !this.#isClosed; taken++) {
      const message = this.#queue.tryReceive(this.#options());
      if (message === undefined) return true;
      this.#take(message);
      if (taken % MAX_RESULTS_AT_ONCE === 0) await turn();
    }
    return false;
  }

  #options(): { readonly type: number; readonly maxBytes: number; readonly truncate: true } {
    // What is too long for us is nobody's piece, and must not stay in the way of others.
    return { type: this.#type, maxBytes: MAX_QUEUE_PIECE_BYTES, truncate: true };
  }

  #take({ type, bytes }: { readonly type: number; readonly bytes: Uint8Array }): void {
    const piece = readPiece(bytes);
    this.#received(piece?.id === type ? piece : undefined);
  }
}

/** Takes out of a queue what waits in it for someone who takes nothing more. */
export function purge(queue: SysvMessageQueue, type: number): void {
  try {
    while (queue.tryReceive({ type, maxBytes: 1, truncate: true }) !== undefined);
  } catch {
    // The queue was removed, and all with it.
  }
}
