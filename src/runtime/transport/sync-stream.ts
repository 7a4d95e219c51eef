import { OPAQUE_COPY_BYTES } from "../../xdr/limits.ts";
import type { RpcAddress } from "../address.ts";
import { SYNC_MAX_UNREAD_MESSAGES, SYNC_RECEIVE_BYTES, SYNC_STEP_MS } from "../limits.ts";
import { type RecordLimits, RecordReader } from "./record-marking.ts";
import { PeerClosed, type SyncChannel } from "./sync-channel.ts";
import { type NativeSocket, READABLE, type SyncNative, WRITABLE } from "./sync-native.ts";

/** Bytes of a record's header. */
const HEADER_BYTES = 4;

/** Records over a socket that is connected, of tcp or within the host. */
export class SyncStreamChannel implements SyncChannel {
  readonly netid: "tcp" | "tcp6" | "local";
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #native: SyncNative;
  readonly #socket: NativeSocket;
  readonly #reader: RecordReader;
  readonly #space: Uint8Array = new Uint8Array(SYNC_RECEIVE_BYTES);
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
    this.#reader = new RecordReader(limits);
    native.setReceiveStep(socket, SYNC_STEP_MS);
  }

  send(message: Uint8Array, timeoutMs: number): boolean {
    const sent = this.#native.sendRecord(this.#socket, message, 0) ?? 0;
    return sent === message.length + HEADER_BYTES || this.#sendRest(message, sent, timeoutMs);
  }

  /** What comes meanwhile is read, too: a server that waits until its replies are read would wait for us as we for it. */
  #sendRest(message: Uint8Array, begun: number, timeoutMs: number): boolean {
    const endMs = performance.now() + timeoutMs;
    for (let sent = begun; sent < message.length + HEADER_BYTES;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return false;
      this.#native.pollSync(this.#socket, READABLE | WRITABLE, Math.min(leftMs, SYNC_STEP_MS));
      this.#keepWhatIsThere();
      sent += this.#native.sendRecord(this.#socket, message, sent) ?? 0;
    }
    return true;
  }

  receive(timeoutMs: number): Uint8Array | undefined {
    const known = this.#unread.shift();
    if (known !== undefined) return known;
    const endMs = performance.now() + timeoutMs;
    for (let leftMs = timeoutMs; ; leftMs = endMs - performance.now()) {
      if (leftMs < 0) return undefined;
      // Without a time of its own it is one call of the kernel, not two.
      const size = this.#native.receiveBytes(this.#socket, this.#space, leftMs > SYNC_STEP_MS ? undefined : leftMs);
      if (size === undefined) {
        if (leftMs === 0) return undefined;
        continue;
      }
      if (size === 0) throw new PeerClosed();
      this.#reader.push(this.#space.subarray(0, size), this.#take);
      const record = this.#unread.shift();
      if (record !== undefined) return record;
    }
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

  /** The records go on lying in memory of their own. */
  #keepWhatIsThere(): void {
    const size = this.#native.receiveBytes(this.#socket, this.#space, 0);
    if (size === 0) throw new PeerClosed();
    if (size !== undefined) this.#reader.push(this.#space.slice(0, size), this.#take);
  }

  readonly #take = (record: Uint8Array): void => {
    // The next read changes it, and of a longer one the decoder cuts views.
    const isShared = record.buffer === this.#space.buffer && record.length >= OPAQUE_COPY_BYTES;
    this.#unread.push(isShared ? record.slice() : record);
    if (this.#unread.length > SYNC_MAX_UNREAD_MESSAGES) this.#unread.shift();
  };
}
