/** Bytes of a chunk that small replies share: one allocation for many of them. */
const CHUNK_BYTES = 64 * 1024;

/** The largest reply that goes into a chunk: no more than an eighth of one is left empty. */
const SHARED_BYTES = CHUNK_BYTES / 8;

const NO_BYTES = new Uint8Array(0);

/**
 * Copies of replies, one behind the other. They are let go in the order in which they came, so that a chunk is free once the last of its
 * replies is, and what is held is no more than they are and two chunks. (A typed array of its own for
 * each reply of 100 bytes takes ten times as long.)
 */
export class ReplyLog {
  #chunk: Uint8Array = NO_BYTES;
  #used = 0;

  /** A copy that never changes. */
  append(reply: Uint8Array): LoggedReply {
    const { length } = reply;
    if (length > SHARED_BYTES) return { chunk: reply.slice(), start: 0, length };
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#chunk.set(reply, start);
    this.#used += length;
    return { chunk: this.#chunk, start, length };
  }
}

export interface LoggedReply {
  readonly chunk: Uint8Array;
  readonly start: number;
  readonly length: number;
}

export function bytesOf({ chunk, start, length }: LoggedReply): Uint8Array {
  return chunk.subarray(start, start + length);
}
