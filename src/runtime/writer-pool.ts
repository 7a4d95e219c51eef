import { XdrWriter, type XdrWriterOptions } from "../xdr/index.ts";
import { KEPT_WRITER_BYTES } from "./limits.ts";

/**
 * Keeps one writer for the next message. Two are in use at a time only where encoding a value makes another call (a
 * getter can): then each has its own.
 */
export class WriterPool {
  readonly #options: XdrWriterOptions;
  #idle: XdrWriter | undefined;

  constructor(options: XdrWriterOptions = {}) {
    this.#options = options;
  }

  /** An empty writer, which is to be given back, whatever is thrown: its bytes are good until then. */
  take(): XdrWriter {
    const w = this.#idle ?? new XdrWriter(this.#options);
    this.#idle = undefined;
    w.reset();
    return w;
  }

  give(w: XdrWriter): void {
    // One large message does not hold its memory for ever.
    if (w.length <= KEPT_WRITER_BYTES) this.#idle = w;
  }
}
