import type { Duplex } from "node:stream";

/** What carries the bytes of a stream: a socket of Node's, or what behaves as one. */
export interface ByteStream extends Duplex {
  /** Lets the process end while it is open. */
  unref(): unknown;
  /** Bytes that the peer, or the system for it, has taken since the beginning: where it is no socket, which is asked itself. */
  readonly takenBytes?: number;
}
