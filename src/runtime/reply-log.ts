/** Bytes of a chunk that small replies share: one allocation for many of them. */
const CHUNK_BYTES = 64 * 1024;

/** The largest reply that goes into a chunk: no more than an eighth of one is left empty. */
const SHARED_BYTES = CHUNK_BYTES / 8;

/** Chunks without replies that are kept for later ones. */
const KEPT_CHUNKS = 4;

/** Bytes of the longest chunk of one reply that is kept for a later one. New memory of a MiB takes longer than the copy into it. */
const KEPT_LONG_BYTES = 2 * 1024 * 1024;

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
  /** The one of a long reply that was let go last. */
  #freeLong: Uint8Array | undefined;

  /** Makes a copy, which does not change until it is let go. */
  append(reply: Uint8Array, as: LoggedReply): void {
    const { length } = reply;
    as.length = length;
    if (length > SHARED_BYTES) {
      const bytes = this.#longOf(length);
      bytes.set(reply);
      as.chunk = { bytes, replies: 1 };
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
    if (chunk?.replies !== 0) return;
    const { length } = chunk.bytes;
    if (length === CHUNK_BYTES) {
      if (this.#free.length < KEPT_CHUNKS) this.#free.push(chunk);
    } else if (length <= KEPT_LONG_BYTES) {
      this.#freeLong = chunk.bytes;
    }
  }

  /** Memory for one reply: what is kept, unless half of it would be empty. */
  #longOf(length: number): Uint8Array {
    const kept = this.#freeLong;
    if (kept === undefined || kept.length < length || kept.length >= 2 * length) return new Uint8Array(length);
    this.#freeLong = undefined;
    return kept;
  }
}

/** A view of it; undefined where there is none. */
export function bytesOf({ chunk, start, length }: LoggedReply): Uint8Array | undefined {
  return chunk?.bytes.subarray(start, start + length);
}
