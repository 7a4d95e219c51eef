/** Bytes of a chunk that small replies share: one allocation for many of them. */
const CHUNK_BYTES = 64 * 1024;

/** The largest reply that goes into a chunk: no more than an eighth of one is left empty. */
const SHARED_BYTES = CHUNK_BYTES / 8;

/** Chunks without replies that are kept for later ones. */
const KEPT_CHUNKS = 4;

/** Memory of replies that came one behind the other. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Those that are there still. */
  replies: number;
}

/** Where a reply lies: in the object of whom it is a reply to, since one of its own would be one more for the collector. */
export interface LoggedReply {
  /** The log's own. Undefined where there is no reply. */
  chunk: Chunk | undefined;
  start: number;
  length: number;
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

  /** Makes a copy, which does not change until it is let go. */
  append(reply: Uint8Array, as: LoggedReply): void {
    const { length } = reply;
    as.length = length;
    if (length > SHARED_BYTES) {
      // Not slice(): of a Buffer that is a view.
      as.chunk = { bytes: new Uint8Array(reply), replies: 1 };
      as.start = 0;
      return;
    }
    let chunk = this.#chunk;
    if (chunk === undefined || this.#used + length > CHUNK_BYTES) {
      this.#keep(chunk);
      chunk = this.#chunk = this.#free.pop() ?? { bytes: new Uint8Array(CHUNK_BYTES), replies: 0 };
      this.#used = 0;
    }
    as.chunk = chunk;
    as.start = this.#used;
    chunk.bytes.set(reply, as.start);
    chunk.replies++;
    this.#used += length;
  }

  /** Nobody needs it any more: what is appended may be written over it. */
  release(reply: LoggedReply): void {
    const { chunk } = reply;
    if (chunk === undefined) return;
    reply.chunk = undefined;
    chunk.replies--;
    if (chunk !== this.#chunk) this.#keep(chunk);
  }

  #keep(chunk: Chunk | undefined): void {
    if (chunk?.replies === 0 && chunk.bytes.length === CHUNK_BYTES && this.#free.length < KEPT_CHUNKS)
      this.#free.push(chunk);
  }
}

/** A view of it; undefined where there is none. */
export function bytesOf({ chunk, start, length }: LoggedReply): Uint8Array | undefined {
  return chunk?.bytes.subarray(start, start + length);
}
