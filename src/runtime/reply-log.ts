/** Bytes of a chunk that small replies share: one allocation for many of them. */
const CHUNK_BYTES = 64 * 1024;

/** The largest reply that goes into a chunk: no more than an eighth of one is left empty. */
const SHARED_BYTES = CHUNK_BYTES / 8;

/** Chunks without replies that are kept for later ones. */
const KEPT_CHUNKS = 4;

/** Bytes of the longest chunk of one reply that is kept for a later one. New memory of a MiB takes longer than the copy into it. */
const KEPT_LONG_BYTES = 2 * 1024 * 1024;

/** Memory of replies that came one behind the other. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** Those that are there still. */
  replies: number;
}

/**
 * Copies of replies, one behind the other. They are let go in the order in which they came, so that a chunk is free once the last of its
 * replies is, and what is held is no more than they are and a few chunks. (A typed array of its own for
 * each reply of 100 bytes takes ten times as long.) Each is known by the row of its request.
 */
export class ReplyLog {
  /** Of each row: where its reply lies. Undefined where it has none. */
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  /** The one that is being filled. */
  #chunk: Chunk | undefined;
  #used = 0;
  readonly #free: Chunk[] = [];
  /** The one of a long reply that was let go last. */
  #freeLong: Uint8Array | undefined;

  /** A row has a new request, without a reply yet. Rows are numbered from 0 on, none is left out. */
  begin(row: number): void {
    this.#chunks[row] = undefined;
    this.#starts[row] = this.#lengths[row] = 0;
  }

  /** Makes a copy, which does not change until it is let go. */
  append(reply: Uint8Array, row: number): void {
    const { length } = reply;
    this.#lengths[row] = length;
    if (length > SHARED_BYTES) {
      const bytes = this.#longOf(length);
      bytes.set(reply);
      this.#chunks[row] = { bytes, replies: 1 };
      this.#starts[row] = 0;
      return;
    }
    let chunk = this.#chunk;
    if (chunk === undefined || this.#used + length > CHUNK_BYTES) {
      this.#keep(chunk);
      chunk = this.#chunk = this.#free.pop() ?? { bytes: new Uint8Array(CHUNK_BYTES), replies: 0 };
      this.#used = 0;
    }
    this.#chunks[row] = chunk;
    this.#starts[row] = this.#used;
    chunk.bytes.set(reply, this.#used);
    chunk.replies++;
    this.#used += length;
  }

  /** A view of it. */
  bytesOf(row: number): Uint8Array | undefined {
    const start = this.#starts[row] ?? 0;
    return this.#chunks[row]?.bytes.subarray(start, start + (this.#lengths[row] ?? 0));
  }

  /** Whether the row has a reply. */
  has(row: number): boolean {
    return this.#chunks[row] !== undefined;
  }

  /** Nobody needs it any more: what is appended may be written over it. @returns its length; 0 where there is none */
  release(row: number): number {
    const chunk = this.#chunks[row];
    if (chunk === undefined) return 0;
    this.#chunks[row] = undefined;
    chunk.replies--;
    if (chunk !== this.#chunk) this.#keep(chunk);
    return this.#lengths[row] ?? 0;
  }

  /** Gives the rows' memory back. None may have a reply. */
  clear(): void {
    this.#chunks.length = this.#starts.length = this.#lengths.length = 0;
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
