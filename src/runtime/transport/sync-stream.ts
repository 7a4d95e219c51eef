import { performance } from "node:perf_hooks";
import { OPAQUE_COPY_BYTES } from "../../xdr/limits.ts";
import type { RpcAddress } from "../address.ts";
import { SYNC_MAX_UNREAD_MESSAGES, SYNC_RECEIVE_BYTES, SYNC_STEP_MS } from "../limits.ts";
import { type RecordLimits, RecordReader } from "./record-marking.ts";
import { PeerClosed, type SyncChannel } from "./sync-channel.ts";
import { type NativeSocket, READABLE, type SyncNative, WRITABLE } from "./sync-native.ts";

/** Bytes of a record's header. */
const HEADER_BYTES = 4;
const LAST_FRAGMENT = 0x8000_0000;

/** Records over a socket that is connected, of tcp or within the host. */
export class SyncStreamChannel implements SyncChannel {
  readonly netid: "tcp" | "tcp6" | "local";
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #native: SyncNative;
  readonly #socket: NativeSocket;
  readonly #reader: RecordReader;
  readonly #maxBytes: number;
  readonly #space: Uint8Array = new Uint8Array(SYNC_RECEIVE_BYTES);
  readonly #view: DataView = new DataView(this.#space.buffer);
  /** Records that nobody has received yet. */
  readonly #unread: Uint8Array[] = [];

  /** @param socket it blocks, and is the channel's own from here on */
  constructor(
    native: SyncNative,
    socket: NativeSocket,
    netid: "tcp" | "tcp6" | "local",
    peer: RpcAddress,
    limits: RecordLimits,
  ) {
    this.netid = netid;
    this.peer = peer;
    this.maxMessageBytes = limits.maxSentBytes ?? limits.maxBytes;
    this.#native = native;
    this.#socket = socket;
    this.#reader = new RecordReader(limits, undefined, false);
    this.#maxBytes = limits.maxBytes;
    native.setReceiveStep(socket, SYNC_STEP_MS);
  }

  send(message: Uint8Array, untilMs: number): boolean {
    const sent = this.#native.sendRecord(this.#socket, message, 0) ?? 0;
    return sent === message.length + HEADER_BYTES || this.#sendRest(message, sent, untilMs);
  }

  /** What comes meanwhile is read, too: a server that waits until its replies are read would wait for us as we for it. */
  #sendRest(message: Uint8Array, begun: number, untilMs: number): boolean {
    for (let sent = begun; sent < message.length + HEADER_BYTES;) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      this.#native.pollSync(this.#socket, READABLE | WRITABLE, Math.min(leftMs, SYNC_STEP_MS));
      this.#keepWhatIsThere();
      sent += this.#native.sendRecord(this.#socket, message, sent) ?? 0;
    }
    return true;
  }

  receive(untilMs: number, nowMs: number): Uint8Array | undefined {
    const known = this.#unread.shift();
    if (known !== undefined) return known;
    for (let leftMs = Math.max(0, untilMs - nowMs); ; leftMs = untilMs - performance.now()) {
      if (leftMs < 0) return undefined;
      // Without a time of its own it is one call of the kernel, not two.
      const size = this.#native.receiveBytes(this.#socket, this.#space, leftMs > SYNC_STEP_MS ? undefined : leftMs);
      if (size === undefined) {
        if (leftMs === 0) return undefined;
        continue;
      }
      if (size === 0) throw new PeerClosed();
      if (this.#isWhole(size)) return this.#own(this.#space.subarray(HEADER_BYTES, size));
      this.#reader.push(this.#space.subarray(0, size), this.#take);
      const record = this.#unread.shift();
      if (record !== undefined) return record;
    }
  }

  /** Whether what was read is a record of one fragment, and nothing else: so most replies come. */
  #isWhole(size: number): boolean {
    const bytes = size - HEADER_BYTES;
    if (bytes <= 0 || bytes > this.#maxBytes || this.#reader.partial) return false;
    return this.#view.getUint32(0) === LAST_FRAGMENT + bytes;
  }

  isAlive(): boolean {
    try {
      this.#keepWhatIsThere();
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** The records go on lying in memory of their own, and so do those that were there before. */
  #keepWhatIsThere(): void {
    for (const [at, record] of this.#unread.entries()) {
      if (record.buffer === this.#space.buffer) this.#unread[at] = record.slice();
    }
    const size = this.#native.receiveBytes(this.#socket, this.#space, 0);
    if (size === 0) throw new PeerClosed();
    if (size !== undefined) this.#reader.push(this.#space.slice(0, size), this.#take);
  }

  readonly #take = (record: Uint8Array): void => {
    this.#unread.push(this.#own(record));
    if (this.#unread.length > SYNC_MAX_UNREAD_MESSAGES) this.#unread.shift();
  };

  /** The next read changes what lies in its space, and of a longer record the decoder cuts views. */
  #own(record: Uint8Array): Uint8Array {
    return record.length >= OPAQUE_COPY_BYTES && record.buffer === this.#space.buffer ? record.slice() : record;
  }
}
