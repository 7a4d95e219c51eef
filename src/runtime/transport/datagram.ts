import type { Socket } from "node:dgram";
import { type Netid, RpcAddress } from "../address.ts";
import { MAX_UDP_BYTES } from "../limits.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** A bound udp socket: a client's, which is connected to one peer, or a server's, which has many. */
export class DatagramTransport implements Transport {
  readonly netid: Netid;
  readonly local: RpcAddress;
  readonly peer: RpcAddress | undefined;
  readonly maxMessageBytes: number;
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #sending = 0;
  #drained: (() => void) | undefined;
  #ended = false;

  /** The socket is bound, and connected to `peer` where there is one. */
  constructor(socket: Socket, netid: "udp" | "udp6", maxMessageBytes: number, peer: RpcAddress | undefined) {
    this.#socket = socket;
    this.netid = netid;
    const { address, port } = socket.address();
    this.local = RpcAddress.inet(netid, address, port);
    this.peer = peer;
    this.maxMessageBytes = Math.min(maxMessageBytes, MAX_UDP_BYTES);
    this.#closed = new Promise((resolve) => socket.once("close", () => { resolve(); })); // prettier-ignore
  }

  start(sink: TransportSink): void {
    this.#socket.on("message", (bytes, from) => {
      // The kernel delivers to a connected socket what its peer sent, and nothing else.
      sink.message(bytes, this.peer ?? RpcAddress.inet(this.netid as "udp", from.address, from.port));
    });
    this.#socket.on("error", (error) => {
      sink.lost(error);
    });
    this.#socket.once("close", () => {
      sink.closed(undefined);
    });
    this.#lost = (error): void => {
      sink.lost(error);
    };
  }

  #lost: (error: Error) => void = () => undefined;

  send(message: Uint8Array, to: RpcAddress | undefined): void {
    if (this.#ended) return;
    const sent = (error: Error | null): void => {
      if (--this.#sending === 0) this.#drained?.();
      // A server's datagram that could not be sent is as good as lost on the way: its client asks again.
      if (error !== null && this.peer !== undefined) this.#lost(error);
    };
    const copy = message.slice();
    if (this.peer !== undefined) {
      this.#sending++;
      this.#socket.send(copy, sent);
    } else if (to !== undefined && to.port !== 0) {
      // A forged datagram can come from port 0, for which `send` throws: it has no answer.
      this.#sending++;
      this.#socket.send(copy, to.port, to.host, sent);
    }
  }

  async close(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      if (this.#sending > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
      this.#socket.close();
    }
    await this.#closed;
  }

  credentials(): undefined {
    return undefined;
  }

  unref(): void {
    this.#socket.unref();
  }
}
