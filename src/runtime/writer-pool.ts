import { XdrWriter, type XdrWriterOptions } from "../xdr/index.ts";
import type { RpcAddress } from "./address.ts";
import { giveBulkSwap } from "./bulk-swap.ts";
import { KEPT_LARGE_WRITERS, KEPT_WRITER_BYTES, LENT_BYTES } from "./limits.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * Keeps one writer for the next message. Several are in use at a time only where encoding a value makes another call (a
 * getter can), and where long messages are on their way: then each has its own.
 */
export class WriterPool {
  readonly #options: XdrWriterOptions;
  #idle: XdrWriter | undefined;
  /** Those that large messages have made large. The collector may take them: their memory is not held for ever. */
  readonly #large: WeakRef<XdrWriter>[] = [];
  /** Whether the last message was large: the next one may be, too. */
  #isLarge = false;

  constructor(options: XdrWriterOptions = {}) {
    this.#options = options;
    giveBulkSwap();
  }

  /** An empty writer, which is to be given back or sent, whatever is thrown: its bytes are good until then. */
  take(): XdrWriter {
    const w = (this.#isLarge ? this.#takeLarge() : undefined) ?? this.#idle ?? new XdrWriter(this.#options);
    if (w === this.#idle) this.#idle = undefined;
    w.reset();
    return w;
  }

  give(w: XdrWriter): void {
    this.#isLarge = w.length >= LENT_BYTES;
    this.#keep(w);
  }

  /** Sends what a writer holds, and takes the writer back: at once where the transport copies it, or once it has left. */
  send(w: XdrWriter, over: Transport, to?: RpcAddress, failed?: (error: Error) => void): void {
    const { length, capacity } = w;
    // One whose memory is mostly empty is not lent: a peer that reads slowly would hold all of it.
    if (over.sendLent === undefined || length < LENT_BYTES || 2 * length < capacity) {
      over.send(w.bytes(), to, failed);
      this.give(w);
      return;
    }
    this.#isLarge = true;
    over.sendLent(w.bytes(), () => {
      this.#keep(w);
    });
  }

  #keep(w: XdrWriter): void {
    if (w.capacity <= KEPT_WRITER_BYTES && this.#idle === undefined) this.#idle = w;
    else if (w.capacity >= LENT_BYTES && this.#large.length < KEPT_LARGE_WRITERS) this.#large.push(new WeakRef(w));
  }

  #takeLarge(): XdrWriter | undefined {
    for (let last = this.#large.pop(); last !== undefined; last = this.#large.pop()) {
      const w = last.deref();
      if (w !== undefined) return w;
    }
    return undefined;
  }
}
