import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { pooledCopy } from "../pooled-copy.ts";

/** Bytes of a read that nobody has named a place for: as many as Node reads at a time. */
const SCRATCH_BYTES = 64 * 1024;
/** Bytes that are read and wait, from which on nothing more is read. */
const HELD_BYTES = SCRATCH_BYTES;

/** Of all sockets: what was read into it is copied before anything else is read. */
let scratch: Uint8Array = new Uint8Array(0);
/** The first bytes of it, as many as were read last: most calls and replies are as long as the one before. */
let begin: Uint8Array = scratch;

function copyOfRead(bytes: number): Uint8Array {
  if (begin.length !== bytes) begin = scratch.subarray(0, bytes);
  return pooledCopy(begin);
}

/** Who takes what is read. None of these throws. */
export interface ReadPlaces {
  /** Where the next bytes belong: `filled` follows. Undefined: nowhere yet; `read` follows. */
  place(): Uint8Array | undefined;
  /** So many bytes have been put into the place. */
  filled(bytes: number): void;
  /** Bytes in memory of their own. */
  read(piece: Uint8Array): void;
}

/** A socket, and what is read of it. */
export interface ReadSocket {
  readonly socket: Socket;
  /** Where the socket was made with it, it emits no "data". Undefined: it does. */
  readonly reads: PlacedReads | undefined;
}

/**
 * Reads of one socket, each into the memory that its reader names, by Node's `onread`: the bytes of a long record come to lie where they are to stay.
 * (Otherwise Node takes 64 KiB of memory for each read, and what is longer has to be put together: twice the work in all.)
 */
export class PlacedReads {
  #places: ReadPlaces | undefined;
  /** Whether what is read now goes to a place. */
  #isPlaced = false;
  /** What came before anyone wanted it: no more than one read, which ends the reading. */
  #early: Uint8Array | undefined;
  #isHeld = false;
  #isReleasing = false;
  /** What was read and waits, and its length. */
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** For the socket that is made. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#next(),
    callback: (bytes) => this.#got(bytes),
  };

  /** From here on, in the place of who took them before. The socket is to be resumed then. */
  start(places: ReadPlaces): void {
    this.#places = places;
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) places.read(early);
  }

  /** Whether there is something that waits. */
  get hasHeld(): boolean {
    return this.#heldBytes > 0;
  }

  /** Whether the socket is to be read: a socket that is paused sees neither data nor its end, so that one is not, but held. */
  get isReading(): boolean {
    return this.#heldBytes < HELD_BYTES;
  }

  /** What is read from here on waits, except for a read into a place that was named. */
  hold(): void {
    this.#isHeld = true;
  }

  /** What waits is read, until it is held again; then the socket is to be resumed. */
  release(): void {
    this.#isHeld = false;
    if (this.#isReleasing) return; // who releases within a read has the rest of it first
    this.#isReleasing = true;
    while (this.hasHeld && !this.#isWaiting()) {
      const piece = this.#held.shift();
      if (piece === undefined) break;
      this.#heldBytes -= piece.length;
      this.#places?.read(piece);
    }
    this.#isReleasing = false;
  }

  /** As a call, since it changes while a piece is read. */
  #isWaiting(): boolean {
    return this.#isHeld;
  }

  /** What comes from here on waits for the next one. The socket is to be paused. */
  stop(): void {
    this.#places = undefined;
  }

  #next(): Uint8Array {
    const place = this.#isHeld || this.hasHeld ? undefined : this.#places?.place();
    this.#isPlaced = place !== undefined;
    if (place !== undefined) return place;
    if (scratch.length === 0) scratch = new Uint8Array(SCRATCH_BYTES);
    return scratch;
  }

  /** @returns whether to read on */
  #got(bytes: number): boolean {
    const places = this.#places;
    if (this.#isPlaced) places?.filled(bytes);
    else {
      const piece = copyOfRead(bytes);
      if (places === undefined) this.#early = piece;
      else if (this.#isHeld || this.hasHeld) {
        this.#held.push(piece);
        this.#heldBytes += bytes;
      } else places.read(piece);
    }
    return places !== undefined && this.isReading;
  }
}

/**
 * A socket that a server has accepted, to be read by `onread`. Node has no such option for what it accepts, but a socket can be made of another one's
 * handle, as its servers make theirs. Where that is not to be had the socket itself, which emits "data".
 * @param accepted of a server that pauses what it accepts (`pauseOnConnect`): nothing has been read of it. Its server counts it until the one that is made has ended
 */
export function readAccepted(accepted: Socket): ReadSocket {
  const owner = accepted as { _handle?: { useUserBuffer?: unknown } | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== "function") return { socket: accepted, reads: undefined };
  const reads = new PlacedReads();
  owner._handle = null;
  const socket = new Socket({ handle, manualStart: true, onread: reads.onread } as SocketConstructorOpts);
  socket.once("close", () => accepted.destroy());
  return { socket, reads };
}
