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
  /** The last one that a large message has made large. The collector may take it: its memory is not held for ever. */
  #large: WeakRef<XdrWriter> | undefined;
  /** Whether the last message was large: the next one may be, too. */
  #isLarge = false;

  constructor(options: XdrWriterOptions = {}) {
    this.#options = options;
    giveBulkSwap();
  }

  /** An empty writer, which is to be given back, whatever is thrown: its bytes are good until then. */
  take(): XdrWriter {
    const large = this.#isLarge ? this.#large?.deref() : undefined;
    const w = large ?? this.#idle ?? new XdrWriter(this.#options);
    // Whoever needs one meanwhile gets another.
    if (w === large) this.#isLarge = false;
    else this.#idle = undefined;
    w.reset();
    return w;
  }

  give(w: XdrWriter): void {
    this.#isLarge = w.length > KEPT_WRITER_BYTES;
    if (this.#large?.deref() === w) return;
    if (this.#isLarge) this.#large = new WeakRef(w);
    else this.#idle = w;
  }
}
