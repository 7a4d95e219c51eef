/** The two things that are done with a FIFO: frames are written into it, and read from it. */
import { setImmediate as turn } from "node:timers/promises";
import { MAX_RESULTS_AT_ONCE } from "../../../ipc/limits.ts";
import { type PipeReader, type PipeWriter, fifo } from "../../../ipc/pipe.ts";
import { OrderedSends } from "../pieces/ordered-sends.ts";
import type { Piece } from "../pieces/piece.ts";
import { FrameReader, makeFrame } from "./frames.ts";

/** Writes pieces in order: where one waits for room, the others wait behind it. */
export class FifoSender {
  readonly #writer: PipeWriter;
  readonly #sends = new OrderedSends();
  #isBackground = false;

  constructor(writer: PipeWriter) {
    this.#writer = writer;
  }

  /** False where there is no room. @throws `EPIPE`: nobody reads any more */
  trySend(piece: Uint8Array): boolean {
    return this.#sends.isIdle && this.#writer.tryWrite(makeFrame(piece)) !== undefined;
  }

  /** Rejects with `EPIPE`, or `ECANCELED` once it is closed. */
  send(piece: Uint8Array): Promise<void> {
    const frame = makeFrame(piece);
    return this.#sends.run(async () => {
      const written = this.#writer.write(frame);
      if (this.#isBackground) this.#writer.unref();
      await written;
    });
  }

  unref(): void {
    this.#isBackground = true;
    this.#writer.unref();
  }

  /** @param isNow whether what waits is given up at once; else after a while */
  close(isNow: boolean): void {
    const end = (): void => {
      this.#writer.close();
    };
    if (isNow) end();
    else this.#sends.finish(end);
  }
}

/** Reads the pieces of a FIFO and hands them over in order. */
export class FifoReader {
  readonly #reader: PipeReader;
  /** With a writer of our own there is no end where others come and go. */
  readonly #keeper: PipeWriter | undefined;
  readonly #frames = new FrameReader();
  readonly #received: (piece: Piece | undefined) => void;
  #isBackground = false;
  #isClosed = false;

  /**
   * Opens the reading end; nothing is read before `start`.
   * @throws `ENOENT`, `EACCES`, `EINVAL` (no FIFO)
   */
  constructor(path: string, received: (piece: Piece | undefined) => void) {
    this.#received = received;
    this.#reader = fifo.tryOpenReader(path);
    this.#keeper = fifo.tryOpenWriter(path);
  }

  /** @param failed nothing more can be read */
  start(failed: (error: Error) => void): void {
    this.#run().catch((error: unknown) => {
      if (!this.#isClosed) failed(error as Error);
    });
  }

  /** Resolves when all that is in the FIFO now has been handed over. */
  async flush(): Promise<void> {
    await turn(); // what was read already comes before the rest
    this.#readAll(MAX_RESULTS_AT_ONCE); // more than it holds
  }

  unref(): void {
    this.#isBackground = true;
    this.#reader.unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#reader.close();
    this.#keeper?.close();
  }

  async #run(): Promise<void> {
    for (;;) {
      while (!this.#readAll(MAX_RESULTS_AT_ONCE)) await turn();
      if (this.#isClosed) return;
      const read = this.#reader.read();
      if (this.#isBackground) this.#reader.unref();
      const bytes = await read;
      if (bytes !== null) this.#frames.push(bytes, this.#received);
    }
  }

  /** False where there may be more: others have their turn first. */
  #readAll(times: number): boolean {
    for (let i = 0; i < times && !this.#isClosed; i++) {
      const bytes = this.#reader.tryRead();
      if (bytes === undefined || bytes === null) {
        this.#frames.drained(this.#received);
        return true;
      }
      this.#frames.push(bytes, this.#received);
    }
    return this.#isClosed;
  }
}
