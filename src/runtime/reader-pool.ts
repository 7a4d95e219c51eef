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

  /** A reader that stands at a position of a message. It is to be given back, whatever is thrown. */
  take(bytes: Uint8Array, position: number): XdrReader {
    const r = this.#idle ?? new XdrReader(NO_BYTES, this.#options);
    this.#idle = undefined;
    return r.reset(bytes, position);
  }

  give(r: XdrReader): void {
    // One large message is not held for ever. (What is short may lie in what was read with it, which is no longer than this.)
    if (r.position + r.remaining > KEPT_READER_BYTES) r.reset(NO_BYTES);
    this.#idle = r;
  }
}
