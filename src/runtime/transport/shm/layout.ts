/**
 * What lies in the memory of a shm connection. Numbers are in the machine's own order: both ends are on one host.
 *
 *   header, a page | bytes from client to server | bytes from server to client
 *
 * Each direction is a stream of bytes in a ring: records with their marks, as over a socket. Each end writes its own words alone, but
 * that the bits of `state` are taken away by the end that acts on them.
 */

/** Of this layout; the client names it where it asks, and a server that has another one refuses. */
export const SHM_VERSION = 1;

/** Bytes of the header: nothing of the rings shares a line with it. */
export const SHM_HEADER_BYTES = 4096;

/** Least and most bytes of a ring: a power of two, as positions are taken modulo it. */
export const MIN_RING_BYTES = 4096;
export const MAX_RING_BYTES: number = 2 ** 30;

/** Words of one end, by their indexes as an Int32Array has them; each pair of cache lines has one writer, or is seldom written. */
export interface EndWords {
  /** Bytes that this end has put into its outgoing ring, modulo 2^32. */
  readonly written: number;
  /** Bytes that this end has taken out of its incoming ring, modulo 2^32. */
  readonly taken: number;
  /** What this end waits for: bits of `SLEEPS` and `WANTS_ROOM`. */
  readonly state: number;
  /** The processor that this end runs on, plus 1. */
  readonly processor: number;
}

/** This end sleeps until something is written for it. */
export const SLEEPS = 1;
/** This end has more to write than there is room for. */
export const WANTS_ROOM = 2;

const LINE_WORDS = 128 / 4;

function endWords(firstLine: number): EndWords {
  const state = (firstLine + 2) * LINE_WORDS;
  return { written: firstLine * LINE_WORDS, taken: (firstLine + 1) * LINE_WORDS, state, processor: state + 1 };
}

/** Which end of a connection: who asked for it, or who made the memory. */
export type ShmEnd = "client" | "server";

export const END_WORDS: Readonly<Record<ShmEnd, EndWords>> = { client: endWords(1), server: endWords(4) };

/** Bytes of memory for a connection. */
export function shmBytes(ringBytes: number): number {
  return SHM_HEADER_BYTES + 2 * ringBytes;
}

/** Whether a ring can have so many bytes. */
export function isRingBytes(bytes: number): boolean {
  return Number.isInteger(Math.log2(bytes)) && bytes >= MIN_RING_BYTES && bytes <= MAX_RING_BYTES;
}

/** One end's view of the memory. */
export interface ShmView {
  readonly words: Int32Array;
  readonly own: EndWords;
  readonly peer: EndWords;
  readonly outgoing: Uint8Array;
  readonly incoming: Uint8Array;
}

export function viewOf(buffer: ArrayBuffer, ringBytes: number, end: ShmEnd): ShmView {
  const toServer = new Uint8Array(buffer, SHM_HEADER_BYTES, ringBytes);
  const toClient = new Uint8Array(buffer, SHM_HEADER_BYTES + ringBytes, ringBytes);
  const isClient = end === "client";
  return {
    words: new Int32Array(buffer, 0, SHM_HEADER_BYTES / 4),
    own: END_WORDS[end],
    peer: END_WORDS[isClient ? "server" : "client"],
    outgoing: isClient ? toServer : toClient,
    incoming: isClient ? toClient : toServer,
  };
}
