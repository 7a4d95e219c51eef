/** RPC over udp, by the addon: datagrams go and come in batches, and a server answers from the address that was asked. Loaded where it is asked for. */
import { BATCH_DATAGRAMS, DATAGRAM_WORDS, UdpBatchSocket, datagramWords } from "../../../ipc/udp-batch.ts";
import { RpcAddress } from "../../address.ts";
import { handleClosed } from "../../closed-handle.ts";
import { MAX_TIMER_MS, MAX_UDP_BYTES } from "../../limits.ts";
import { pooledCopy } from "../../pooled-copy.ts";
import type { BoundUdp } from "../../udp-socket.ts";
import type { Transport, TransportSink } from "../transport.ts";
import { UdpPeers, routeTo } from "./peers.ts";
import { UdpSender } from "./sender.ts";

export { UdpBatchSocket };

/** A bound socket of the addon's, before it serves. */
export function boundSocket(socket: UdpBatchSocket, netid: "udp" | "udp6"): BoundUdp {
  return {
    addMembership: (group, on) => {
      socket.addMembership(group, on);
    },
    get receiveBufferBytes(): number {
      return socket.receiveBufferBytes;
    },
    set receiveBufferBytes(bytes) {
      socket.receiveBufferBytes = bytes;
    },
    serve: (maxMessageBytes) => new UdpBatchTransport(socket, netid, maxMessageBytes, undefined),
    close: () => {
      socket.close();
    },
  };
}

/** Datagrams that are read at once, before the event loop has its turn. */
const INBOX_DATAGRAMS = BATCH_DATAGRAMS / 2;
/** For each of them. Room for the longest there is, at distances that do not all have the same place in the processor's cache. */
const PLACE_BYTES = 65_536 + 64;

const READABLE = 1;
const WRITABLE = 2;

/** Of all sockets, one after the other: what comes is copied out. */
let inbox: { readonly space: Uint8Array; readonly words: Uint32Array } | undefined;

function theInbox(): { readonly space: Uint8Array; readonly words: Uint32Array } {
  return (inbox ??= {
    // As it comes from the system, which has given no memory for what no datagram has been in.
    space: Buffer.allocUnsafeSlow(INBOX_DATAGRAMS * PLACE_BYTES),
    words: new Uint32Array(INBOX_DATAGRAMS * DATAGRAM_WORDS),
  });
}

const TO_THE_PEER = new Uint32Array(DATAGRAM_WORDS);

/** A bound udp socket: a client's, which is connected to one peer, or a server's, which has many. */
export class UdpBatchTransport implements Transport {
  readonly netid: "udp" | "udp6";
  readonly local: RpcAddress;
  readonly peer: RpcAddress | undefined;
  readonly maxMessageBytes: number;
  readonly isReliable = false;
  readonly #socket: UdpBatchSocket;
  readonly #sender: UdpSender;
  readonly #peers: UdpPeers;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #sink: TransportSink | undefined;
  /** What was read when the receiver had no more room. */
  #held: [Uint8Array, RpcAddress][] = [];
  #isPaused = false;
  #isBackground = false;
  #isClosing = false;
  #isEnded = false;
  /** Keeps the process while nothing is waited for. */
  #rest: NodeJS.Timeout | undefined;

  /** The socket is bound, connected to `peer` where there is one, and the transport's from here on. */
  constructor(socket: UdpBatchSocket, netid: "udp" | "udp6", maxMessageBytes: number, peer: RpcAddress | undefined) {
    this.#socket = socket;
    this.netid = netid;
    const { address, port } = socket.address;
    this.local = RpcAddress.inet(netid, address, port);
    this.peer = peer;
    this.maxMessageBytes = Math.min(maxMessageBytes, MAX_UDP_BYTES);
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#peers = new UdpPeers(socket, netid);
    this.#sender = new UdpSender(socket, peer !== undefined, {
      lost: (error) => {
        if (!this.#isEnded) this.#sink?.lost(error);
      },
      blocked: () => {
        this.#watch();
      },
    });
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#watch();
  }

  #watch(): void {
    if (this.#isEnded || this.#sink === undefined) return;
    const events = (this.#isPaused ? 0 : READABLE) | (this.#sender.isBlocked ? WRITABLE : 0);
    this.#socket.watch(events, this.#onReady);
    clearTimeout(this.#rest);
    this.#rest = undefined;
    if (this.#isBackground) this.#socket.unref();
    else if (events === 0) this.#rest = setInterval(() => undefined, MAX_TIMER_MS);
  }

  /** An error of the socket's counts as both, and ends the watch. */
  readonly #onReady = (events: number): void => {
    if ((events & WRITABLE) !== 0) {
      this.#sender.ready();
      this.#watch();
    }
    if (!this.#isPaused && !this.#isEnded) this.#receive();
  };

  #receive(): void {
    const { space, words } = theInbox();
    let count: number;
    try {
      count = this.#socket.receiveBatch(space, PLACE_BYTES, words);
    } catch (error) {
      this.#sink?.lost(error as Error);
      return;
    }
    for (let i = 0; i < count; i++) {
      const at = i * DATAGRAM_WORDS;
      // No one can be answered at port 0: only a forged datagram comes from there.
      if (words[at + datagramWords.port] === 0) continue;
      const begin = i * PLACE_BYTES;
      const bytes = pooledCopy(space.subarray(begin, begin + (words[at + datagramWords.size] ?? 0)));
      // The kernel delivers to a connected socket what its peer sent, and nothing else.
      const from = this.peer ?? this.#peers.of(words, i);
      this.#deliver(bytes, from);
    }
  }

  #deliver(bytes: Uint8Array, from: RpcAddress): void {
    if (this.#isPaused) this.#held.push([bytes, from]);
    else if (!this.#isEnded) this.#sink?.message(bytes, from);
  }

  /** A server's datagram that could not be sent is as good as lost on the way: its client asks again. */
  send(message: Uint8Array, to?: RpcAddress, failed?: (error: Error) => void): void {
    if (this.#isClosing) return;
    const route = this.peer !== undefined ? TO_THE_PEER : to && routeTo(to);
    if (route === undefined) failed?.(new Error(`nothing has come from ${String(to)}`));
    else if (message.length > MAX_UDP_BYTES) failed?.(new Error(`${message.length} bytes are no datagram`));
    else this.#sender.send(message, route, failed);
  }

  get hasRoom(): boolean {
    return this.#sender.hasRoom;
  }

  flush(): Promise<void> {
    return this.#sender.flush();
  }

  pause(): void {
    this.#isPaused = true;
    this.#watch();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    for (const [bytes, from] of held) this.#deliver(bytes, from);
    this.#watch();
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      await this.#sender.flush();
      this.destroy();
    }
    await this.#closed;
  }

  destroy(): void {
    if (this.#isEnded) return;
    this.#isClosing = true;
    this.#isEnded = true;
    this.#sender.close();
    this.#socket.close();
    clearTimeout(this.#rest);
    // In a later turn, as a socket tells it.
    setImmediate(() => this.#sink?.closed(undefined));
    void handleClosed().then(this.#resolveClosed);
  }

  credentials(): undefined {
    return undefined;
  }

  unref(): void {
    this.#isBackground = true;
    this.#watch();
  }
}
