import type { Socket } from "node:dgram";
import { type Netid, RpcAddress } from "../address.ts";
import { handleClosed } from "../closed-handle.ts";
import { systemCode } from "../error.ts";
import { MAX_DATAGRAMS_QUEUED, MAX_UDP_BYTES } from "../limits.ts";
import { Waiters } from "../waiters.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** A bound udp socket of Node's, where the addon is missing: a client's, which is connected to one peer, or a server's, which has many. */
export class DatagramTransport implements Transport {
  readonly netid: Netid;
  readonly local: RpcAddress;
  readonly peer: RpcAddress | undefined;
  readonly maxMessageBytes: number;
  readonly isReliable = false;
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #sending = 0;
  readonly #flushed = new Waiters();
  #paused = false;
  #ended = false;
  #sink: TransportSink | undefined;

  /** The socket is bound, and connected to `peer` where there is one. */
  constructor(socket: Socket, netid: "udp" | "udp6", maxMessageBytes: number, peer: RpcAddress | undefined) {
    this.#socket = socket;
    this.netid = netid;
    const { address, port } = socket.address();
    this.local = RpcAddress.inet(netid, address, port);
    this.peer = peer;
    this.maxMessageBytes = Math.min(maxMessageBytes, MAX_UDP_BYTES);
    this.#closed = new Promise((resolve) => socket.once("close", () => { resolve(handleClosed()); })); // prettier-ignore
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#socket.on("message", (bytes, from) => {
      // A socket of datagrams can't be told to read no more; what comes too fast is lost, here as in the system.
      if (this.#paused) return;
      // No one can be answered at port 0: only a forged datagram comes from there.
      if (from.port === 0) return;
      // The kernel delivers to a connected socket what its peer sent, and nothing else.
      sink.message(bytes, this.peer ?? RpcAddress.inet(this.netid as "udp", from.address, from.port));
    });
    this.#socket.on("error", (error) => {
      sink.lost(error);
    });
    this.#socket.once("close", () => {
      sink.closed(undefined);
    });
  }

  /** A server's datagram that could not be sent is as good as lost on the way: its client asks again. */
  send(message: Uint8Array, to?: RpcAddress, failed?: (error: Error) => void): void {
    if (this.#ended) return;
    this.#sending++;
    this.#put(Buffer.from(message), this.peer === undefined ? to : undefined, failed, false);
  }

  /** @param bytes which stay as they are, for the system may take them later */
  #put(
    bytes: Uint8Array,
    to: RpcAddress | undefined,
    failed: ((error: Error) => void) | undefined,
    isAgain: boolean,
  ): void {
    // prettier-ignore
    const sent = (error: Error | null): void => {
      const isOfOther = error !== null && this.peer !== undefined && isOfBefore(error);
      if (isOfOther) this.#sink?.lost(error);
      if (isOfOther && !isAgain) {
        this.#put(bytes, to, failed, true);
        return;
      }
      if (--this.#sending === 0) this.#flushed.resolve();
      // Twice in the way of others' refusals, it is as good as refused itself.
      if (error !== null && systemCode(error) !== "ECONNREFUSED") failed?.(error);
    };
    try {
      if (to === undefined) this.#socket.send(bytes, sent);
      else this.#socket.send(bytes, to.port, to.host, sent);
    } catch (error) {
      sent(error as Error);
    }
  }

  get hasRoom(): boolean {
    return this.#sending < MAX_DATAGRAMS_QUEUED;
  }

  flush(): Promise<void> {
    return this.#sending === 0 ? Promise.resolve() : this.#flushed.wait();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  async close(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      await this.flush();
      this.#socket.close();
    }
    await this.#closed;
  }

  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.close();
  }

  credentials(): undefined {
    return undefined;
  }

  unref(): void {
    this.#socket.unref();
  }
}

/** Whether the system tells of a datagram before, instead of sending this one: that the peer's host, or a router, has refused it. */
export function isOfBefore(error: Error): boolean {
  const code = systemCode(error);
  return code === "ECONNREFUSED" || code === "EHOSTUNREACH";
}
