import { performance } from "node:perf_hooks";
import { OPAQUE_COPY_BYTES } from "../../xdr/limits.ts";
import type { RpcAddress } from "../address.ts";
import { systemCode } from "../error.ts";
import { MAX_UDP_BYTES, SYNC_STEP_MS } from "../limits.ts";
import type { SyncChannel } from "./sync-channel.ts";
import { type NativeSocket, type SyncNative, WRITABLE } from "./sync-native.ts";

/** Datagrams to and from one peer. */
export class SyncDatagramChannel implements SyncChannel {
  readonly netid: "udp" | "udp6";
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = false;
  readonly #native: SyncNative;
  readonly #socket: NativeSocket;
  // Over IPv6 a datagram can be longer by the header of IPv4.
  readonly #space: Uint8Array = new Uint8Array(MAX_UDP_BYTES + 20);

  /** @param socket it blocks, is connected, and is the channel's own from here on */
  constructor(
    native: SyncNative,
    socket: NativeSocket,
    netid: "udp" | "udp6",
    peer: RpcAddress,
    maxMessageBytes: number,
  ) {
    this.netid = netid;
    this.peer = peer;
    this.maxMessageBytes = maxMessageBytes;
    this.#native = native;
    this.#socket = socket;
    native.setReceiveStep(socket, SYNC_STEP_MS);
  }

  send(message: Uint8Array, untilMs: number): boolean {
    for (;;) {
      if (this.#sendNow(message)) return true;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      this.#native.pollSync(this.#socket, WRITABLE, Math.min(leftMs, SYNC_STEP_MS));
    }
  }

  #sendNow(message: Uint8Array): boolean {
    try {
      return this.#native.sendDatagram(this.#socket, message) !== undefined;
    } catch (error) {
      // That is about a datagram before this one, which has not left.
      if (systemCode(error) !== "ECONNREFUSED") throw error;
      return this.#native.sendDatagram(this.#socket, message) !== undefined;
    }
  }

  receive(untilMs: number, nowMs: number): Uint8Array | undefined {
    for (let leftMs = Math.max(0, untilMs - nowMs); ; leftMs = untilMs - performance.now()) {
      if (leftMs < 0) return undefined;
      const size = this.#native.receiveBytes(this.#socket, this.#space, leftMs > SYNC_STEP_MS ? undefined : leftMs);
      if (size !== undefined)
        return size < OPAQUE_COPY_BYTES ? this.#space.subarray(0, size) : this.#space.slice(0, size);
      if (leftMs === 0) return undefined;
    }
  }

  /** Nobody says of a datagram's peer that it has gone. */
  isAlive(): boolean {
    return true;
  }

  close(): void {
    this.#socket.close();
  }
}
