import { XdrReader, type XdrReaderOptions } from "../xdr/index.ts";
import { giveBulkSwap } from "./bulk-swap.ts";
import { KEPT_READER_BYTES } from "./limits.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Keeps one reader for the next message. Two are in use at a time only where decoding a value reads another message: then each has
 * its own.
 */
export class ReaderPool {
  readonly #options: XdrReaderOptions;
  #idle: XdrReader | undefined;

  constructor(options: XdrReaderOptions) {
    this.#options = options;
    giveBulkSwap();
  }

  /** Runs `use` with a reader that stands at a position of a message, and is another's once it returns. */
  with<T>(bytes: Uint8Array, position: number, use: (r: XdrReader) => T): T {
    const r = this.#idle ?? new XdrReader(NO_BYTES, this.#options);
    this.#idle = undefined;
    try {
      return use(r.reset(bytes, position));
    } finally {
      // One large message is not held for ever.
      if (bytes.buffer.byteLength > KEPT_READER_BYTES) r.reset(NO_BYTES);
      this.#idle = r;
    }
  }
}
