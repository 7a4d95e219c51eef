/**
 * Many datagrams in one call, none of which makes an object: for who moves as many as the machine can.
 * @module
 */
import { addon } from "./addon.ts";
import type { NativeDescriptor, NativeKey } from "./handle.ts";
import { type UdpAddress, UdpSocket } from "./udp-socket.ts";

/** Words of what each datagram is about. The layout is that of native/src/datagram_batch.cc, too. */
export const DATAGRAM_WORDS = 16;

/** Where each word is. */
export const datagramWords = {
  /** Where the bytes begin in the space, and how many there are. */
  at: 0,
  size: 1,
  /** Not 0: it was longer than its place. */
  truncated: 2,
  /** The way to the other end, and back from the address that was asked: all words from here on. `family` 0: the socket is connected. */
  family: 3,
  port: 4,
} as const;

/** Datagrams of one call at most. */
export const BATCH_DATAGRAMS = 64;

interface BatchFunctions {
  udpReceiveBatch(key: NativeKey<NativeDescriptor>, space: Uint8Array, placeBytes: number, words: Uint32Array): number;
  udpSendBatch(
    key: NativeKey<NativeDescriptor>,
    space: Uint8Array,
    words: Uint32Array,
    first: number,
    end: number,
  ): number;
  udpBatchSender(words: Uint32Array): UdpAddress;
}

/** A udp socket whose datagrams move in batches (Linux), and whose owner waits for them himself. */
export class UdpBatchSocket extends UdpSocket {
  readonly #functions = addon() as BatchFunctions;

  /**
   * Receives what is there into places of one size.
   * @returns how many: the i-th has its bytes in the i-th place, and its words in `words`; 0 where nothing is there
   * @throws what the system says, `ECONNREFUSED` of a connected socket
   */
  receiveBatch(space: Uint8Array, placeBytes: number, words: Uint32Array): number {
    return this.#functions.udpReceiveBatch(this.key, space, placeBytes, words);
  }

  /**
   * Sends those from `first` to `end`, whose bytes are in `space`.
   * @returns how many, from `first` on; 0 where there is no room
   * @throws what the system says of the first, which is not sent
   */
  sendBatch(space: Uint8Array, words: Uint32Array, first: number, end: number): number {
    return this.#functions.udpSendBatch(this.key, space, words, first, end);
  }

  /** Who has sent the datagram of these words. */
  senderOf(words: Uint32Array): UdpAddress {
    return this.#functions.udpBatchSender(words);
  }

  /**
   * Calls `onReady` with those of `events` that are there, each time that one is, and keeps the loop alive; 0: no more. An error counts as all of
   * them, and ends it.
   */
  watch(events: number, onReady: (ready: number) => void): void {
    this.native.onReady = onReady;
    if (events === 0) this.native.rest();
    else this.native.wait(events);
  }
}
