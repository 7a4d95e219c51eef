/** The two ends of a ring of bytes in shared memory. */
import { SLEEPS, type ShmView } from "./layout.ts";

/** The other end wrote what none of us writes. */
export class ShmCorruptError extends Error {
  override readonly name = "ShmCorruptError";
  readonly code = "SHM_CORRUPT";
}

/**
 * Of the words that the peer can change at any time each is loaded once, checked, and used as it was loaded. Positions of our
 * own are kept here: what stands in the memory is for the peer alone.
 */
function distance(ahead: number, behind: number, most: number): number {
  const bytes = (ahead - behind) >>> 0;
  if (bytes > most) throw new ShmCorruptError(`the peer's position is ${bytes} bytes from ours, in a ring of ${most}`);
  return bytes;
}

/** Puts bytes into a ring. */
export class RingWriter {
  readonly #view: ShmView;
  readonly #size: number;
  #written: number;
  /** The peer's position as it was last seen: its line is fetched only where that is not enough. */
  #taken: number;

  /** @param position of both ends, as it stands in the memory. Default 0: a connection's beginning */
  constructor(view: ShmView, position = 0) {
    this.#view = view;
    this.#size = view.outgoing.length;
    this.#written = this.#taken = position;
  }

  /** Whether there is room for so many bytes. Throws a `ShmCorruptError`. */
  hasRoom(bytes: number): boolean {
    if (this.room >= bytes) return true;
    return this.#look() >= bytes;
  }

  /** The peer's position as it was last seen. */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes of room, as it was last seen. */
  get room(): number {
    return this.#size - ((this.#written - this.#taken) >>> 0);
  }

  /** Looks how far the peer is. @returns bytes of room */
  #look(): number {
    const taken = Atomics.load(this.#view.words, this.#view.peer.taken);
    const used = distance(this.#written, taken, this.#size);
    this.#taken = taken;
    return this.#size - used;
  }

  /** Puts a word of four bytes, in the network's order. There is room for it. */
  putWord(word: number): void {
    const { outgoing } = this.#view;
    const mask = this.#size - 1;
    const at = this.#written;
    outgoing[at & mask] = word >>> 24;
    outgoing[(at + 1) & mask] = word >>> 16;
    outgoing[(at + 2) & mask] = word >>> 8;
    outgoing[(at + 3) & mask] = word;
    this.#written = (at + 4) | 0;
  }

  /** Puts bytes for which there is room. */
  put(bytes: Uint8Array): void {
    const { outgoing } = this.#view;
    const at = this.#written & (this.#size - 1);
    const first = this.#size - at;
    if (bytes.length <= first) outgoing.set(bytes, at);
    else {
      outgoing.set(bytes.subarray(0, first), at);
      outgoing.set(bytes.subarray(first), 0);
    }
    this.#written = (this.#written + bytes.length) | 0;
  }

  /** Puts as much as there is room for. @returns how many bytes. Throws a `ShmCorruptError`. */
  putSome(bytes: Uint8Array): number {
    const room = Math.min(this.#look(), bytes.length);
    this.put(room === bytes.length ? bytes : bytes.subarray(0, room));
    return room;
  }

  /** The peer can read what was put. */
  publish(): void {
    Atomics.store(this.#view.words, this.#view.own.written, this.#written);
  }
}

/** Takes bytes out of a ring. */
export class RingReader {
  readonly #view: ShmView;
  readonly #size: number;
  #taken: number;

  /** @param position of both ends, as it stands in the memory. Default 0: a connection's beginning */
  constructor(view: ShmView, position = 0) {
    this.#view = view;
    this.#size = view.incoming.length;
    this.#taken = position;
  }

  /** What the peer's position is while there is nothing to read. */
  get position(): number {
    return this.#taken;
  }

  /** Whether there is anything to read, or to complain of. */
  get hasMore(): boolean {
    return Atomics.load(this.#view.words, this.#view.peer.written) !== this.#taken;
  }

  /** Bytes that are there. Throws a `ShmCorruptError`. */
  get available(): number {
    return distance(Atomics.load(this.#view.words, this.#view.peer.written), this.#taken, this.#size);
  }

  /** Asks the peer for its bell. @returns false where there is something to read already: then nothing is asked */
  sleep(): boolean {
    Atomics.or(this.#view.words, this.#view.own.state, SLEEPS);
    if (!this.hasMore) return true;
    this.wake();
    return false;
  }

  /** Takes that back. */
  wake(): void {
    Atomics.and(this.#view.words, this.#view.own.state, ~SLEEPS);
  }

  /**
   * Takes what is there, at most `most` bytes, as bytes of our own: the peer can change what lies in the ring. Undefined where there
   * is nothing. Throws a `ShmCorruptError`.
   */
  take(most: number): Uint8Array | undefined {
    const { words, own, incoming } = this.#view;
    const there = this.available;
    if (there === 0) return undefined;
    const at = this.#taken & (this.#size - 1);
    const bytes = Math.min(there, most, this.#size - at);
    const copy = Buffer.allocUnsafe(bytes);
    copy.set(bytes === this.#size ? incoming : incoming.subarray(at, at + bytes));
    this.#taken = (this.#taken + bytes) | 0;
    Atomics.store(words, own.taken, this.#taken);
    return copy;
  }
  /** The word that is there, as it stands just now: the peer can change it before it is taken. */
  peekWord(): number {
    const { incoming } = this.#view;
    const mask = this.#size - 1;
    const at = this.#taken;
    const [a, b, c, d] = [incoming[at & mask], incoming[(at + 1) & mask], incoming[(at + 2) & mask], incoming[(at + 3) & mask]]; // prettier-ignore
    return (((a as number) << 24) | ((b as number) << 16) | ((c as number) << 8) | (d as number)) >>> 0;
  }

  /** The same as `take`, into a place of our own. @returns how many bytes. Throws a `ShmCorruptError` */
  takeInto(place: Uint8Array): number {
    const { words, own, incoming } = this.#view;
    const at = this.#taken & (this.#size - 1);
    const bytes = Math.min(this.available, place.length, this.#size - at);
    place.set(incoming.subarray(at, at + bytes));
    this.#taken = (this.#taken + bytes) | 0;
    Atomics.store(words, own.taken, this.#taken);
    return bytes;
  }
}
