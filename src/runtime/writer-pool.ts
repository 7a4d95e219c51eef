import { XdrWriter, type XdrWriterOptions } from "../xdr/index.ts";
import { giveBulkSwap } from "./bulk-swap.ts";
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
    giveBulkSwap();
  }

  /** Runs `use` with an empty writer, whose bytes are good until it returns. */
  with<T>(use: (w: XdrWriter) => T): T {
    const w = this.#idle ?? new XdrWriter(this.#options);
    this.#idle = undefined;
    try {
      w.reset();
      return use(w);
    } finally {
      // One large message does not hold its memory for ever.
      if (w.length <= KEPT_WRITER_BYTES) this.#idle = w;
    }
  }
}
