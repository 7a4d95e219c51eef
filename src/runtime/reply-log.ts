/** Bytes of a chunk that small replies share: one allocation for many of them. */
const CHUNK_BYTES = 64 * 1024;

/** The largest reply that goes into a chunk: no more than an eighth of one is left empty. */
const SHARED_BYTES = CHUNK_BYTES / 8;

/** Chunks without replies that are kept for later ones. */
const KEPT_CHUNKS = 4;

/** Memory of replies that came one behind the other. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** Those that are there still. */
  replies: number;
}

export interface LoggedReply {
  readonly chunk: Chunk;
  readonly start: number;
  readonly length: number;
}

/**
 * Copies of replies, one behind the other. They are let go in the order in which they came, so that a chunk is free once the last of its
 * replies is, and what is held is no more than they are and a few chunks. (A typed array of its own for
 * each reply of 100 bytes takes ten times as long.)
 */
export class ReplyLog {
  #chunk: Chunk | undefined;
  #used = 0;
  readonly #free: Chunk[] = [];

  /** A copy that does not change until it is let go. */
  append(reply: Uint8Array): LoggedReply {
    const { length } = reply;
    if (length > SHARED_BYTES) return { chunk: { bytes: reply.slice(), replies: 1 }, start: 0, length };
    let chunk = this.#chunk;
    if (chunk === undefined || this.#used + length > CHUNK_BYTES) {
      this.#keep(chunk);
      chunk = this.#chunk = this.#free.pop() ?? { bytes: new Uint8Array(CHUNK_BYTES), replies: 0 };
      this.#used = 0;
    }
    const start = this.#used;
    chunk.bytes.set(reply, start);
    chunk.replies++;
    this.#used += length;
    return { chunk, start, length };
  }

  /** Nobody needs it any more: what is appended may be written over it. */
  release({ chunk }: LoggedReply): void {
    chunk.replies--;
    if (chunk !== this.#chunk) this.#keep(chunk);
  }

  #keep(chunk: Chunk | undefined): void {
    if (chunk?.replies === 0 && chunk.bytes.length === CHUNK_BYTES && this.#free.length < KEPT_CHUNKS)
      this.#free.push(chunk);
  }
}

/** A view of it. */
export function bytesOf({ chunk, start, length }: LoggedReply): Uint8Array {
  return chunk.bytes.subarray(start, start + length);
}
