import { XdrWriter, type XdrWriterOptions } from "../xdr/index.ts";
import { KEPT_WRITER_BYTES, SPARE_WRITER_BYTES } from "./limits.ts";

/** The writer of the last large message of this thread: who sends one sends another, and fresh memory costs more than the copy into it. */
let spare: XdrWriter | undefined;
/** Messages behind a large one among which another one is expected. */
const LARGE_AGAIN = 8;
/** What it was made with. */
let spareOf: number | undefined;

/**
 * Keeps one writer for the next message. Two are in use at a time only where encoding a value makes another call (a
 * getter can): then each has its own.
 */
export class WriterPool {
  readonly #options: XdrWriterOptions;
  #idle: XdrWriter | undefined;
  /** Messages until large ones are no longer expected. */
  #expectsLarge = 0;

  constructor(options: XdrWriterOptions = {}) {
    this.#options = options;
  }

  /** Runs `use` with an empty writer, whose bytes are good until it returns. */
  with<T>(use: (w: XdrWriter) => T): T {
    const w = this.#take();
    try {
      w.reset();
      return use(w);
    } finally {
      this.#keep(w);
    }
  }

  #take(): XdrWriter {
    let w = this.#idle;
    this.#idle = undefined;
    if (this.#expectsLarge > 0 && spareOf === this.#options.maxBytes) {
      w = spare ?? w;
      spare = undefined;
    }
    return w ?? new XdrWriter(this.#options);
  }

  /** One large message does not hold its memory for each connection for ever. */
  #keep(w: XdrWriter): void {
    const { length } = w;
    if (length > KEPT_WRITER_BYTES) this.#expectsLarge = LARGE_AGAIN;
    if (this.#expectsLarge === 0) {
      this.#idle = w;
      return;
    }
    this.#expectsLarge--;
    if (length > SPARE_WRITER_BYTES) return;
    spare = w;
    spareOf = this.#options.maxBytes;
  }
}
