import { setImmediate as turn } from "node:timers/promises";
import { MAX_RESULTS_AT_ONCE } from "../../../ipc/limits.ts";
import type { UnixDatagramSocket } from "../../../ipc/unix-datagram.ts";
import { RpcAddress } from "../../address.ts";
import { reason } from "../../error.ts";
import { FLUSH_TIMEOUT_MS, MAX_DATAGRAMS_QUEUED, MAX_LOCAL_DATAGRAM_BYTES } from "../../limits.ts";
import { Waiters } from "../../waiters.ts";
import type { PeerCredentials } from "../native.ts";
import { type PeerProcess, ProcessWatch } from "../pieces/peer-process.ts";
import { RecordError, type RecordLimits } from "../record-marking.ts";
import { StallTimer } from "../stall-timer.ts";
import type { Transport, TransportSink } from "../transport.ts";

/** How a pair is used. */
export interface DatagramPairOptions {
  readonly end: "accepted" | "connected";
  readonly path: string;
  readonly records: RecordLimits;
  readonly stallTimeoutMs: number;
  /** Who is at the other end. */
  readonly peer: PeerCredentials;
  /** What it has sent by now. */
  readonly early?: readonly Uint8Array[];
}

/** The last datagram of an end that closes. No message is as short. */
const FAREWELL = Buffer.from("bye!", "latin1");
const SHORTEST_MESSAGE_BYTES = 8;

/**
 * One end of two UNIX datagram sockets that are connected to each other: nobody else can send to either. Each message is a datagram.
 * Nothing is lost while both live, so nothing is sent again; who dies is told of by the kernel.
 */
export class DatagramPair implements Transport {
  readonly netid = "local-dgram";
  readonly local: RpcAddress;
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #socket: UnixDatagramSocket;
  readonly #options: DatagramPairOptions;
  readonly #stall: StallTimer;
  readonly #watch: ProcessWatch | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #sink: TransportSink | undefined;
  /** What the peer's queue had no room for. */
  readonly #out: Uint8Array[] = [];
  #sentBytes = 0;
  readonly #flushed = new Waiters();
  /** What was read already. */
  readonly #held: Uint8Array[];
  #isReading = false;
  #isPaused = false;
  #isBackground = false;
  #isEnded = false;
  #isClosing = false;
  #isTold = false;
  #failure: Error | undefined;

  /** The socket is connected, and the transport's from here on. @throws `ESRCH`: the peer has ended */
  constructor(socket: UnixDatagramSocket, options: DatagramPairOptions) {
    const { end, path, records, stallTimeoutMs, peer } = options;
    this.#socket = socket;
    this.#options = options;
    this.#held = [...(options.early ?? [])];
    const isAccepted = end === "accepted";
    this.local = RpcAddress.sameHost("local-dgram", isAccepted ? path : "");
    this.peer = RpcAddress.sameHost("local-dgram", isAccepted ? "" : path);
    this.maxMessageBytes = Math.min(records.maxSentBytes ?? records.maxBytes, MAX_LOCAL_DATAGRAM_BYTES);
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    const { pid } = peer;
    // Outside of this pid namespace it has no number here: then a call that can't be sent tells of its end.
    if (pid !== undefined)
      this.#watch = new ProcessWatch(
        { pid, startTime: undefined },
        () => void this.#died({ pid, startTime: undefined }),
      );
    const stalls = {
      awaitsRecord: isAccepted,
      isReading: () => !this.#isPaused,
      partialBytes: () => undefined,
      isUnread: () => this.#out.length > 0,
      takenBytes: () => this.#sentBytes,
    };
    this.#stall = new StallTimer(stallTimeoutMs, stalls, (error) => {
      this.destroy(error);
    });
  }

  /** Whether nothing has come yet. */
  get isUnused(): boolean {
    return this.#stall.isFirst;
  }

  /** Resolves when it is closed. */
  get ended(): Promise<void> {
    return this.#closed;
  }

  get isMoving(): boolean {
    return this.#out.length > 0;
  }

  get hasRoom(): boolean {
    return this.#out.length < MAX_DATAGRAMS_QUEUED;
  }

  start(sink: TransportSink): void {
    // Who starts it may be no further than that: what is there already is handed over behind.
    process.nextTick(() => {
      this.#sink = sink;
      if (this.#isTold) sink.closed(this.#failure);
      this.#stall.touch();
      this.#read();
    });
  }

  send(message: Uint8Array, _to?: RpcAddress, failed?: (error: Error) => void): void {
    if (this.#isEnded || this.#isClosing) return;
    if (message.length > this.maxMessageBytes) {
      failed?.(new Error(`a datagram of ${message.length} bytes exceeds ${this.maxMessageBytes}`));
      return;
    }
    this.#put(message);
  }

  #put(message: Uint8Array): void {
    try {
      if (this.#out.length === 0 && this.#socket.trySend(message)) {
        this.#sentBytes += message.length;
        return;
      }
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.#out.push(message.slice());
    this.#stall.touch();
    if (this.#out.length === 1) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    try {
      for (let first = this.#out[0]; first !== undefined; first = this.#out[0]) {
        const sent = this.#socket.send(first);
        if (this.#isBackground) this.#socket.unref();
        await sent;
        this.#out.shift();
        this.#sentBytes += first.length;
      }
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.#flushed.resolve();
    this.#stall.touch();
    this.#read();
  }

  flush(): Promise<void> {
    if (this.#isEnded) return Promise.reject(new Error("the connection has ended"));
    if (this.#out.length === 0) return Promise.resolve();
    return this.#flushed.wait();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stall.touch();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#stall.touch();
    this.#read();
  }

  /** A server reads no further calls from a client that does not read its replies. A client always reads. */
  #mayRead(): boolean {
    return !this.#isEnded && !this.#isPaused && !(this.#options.end === "accepted" && this.#out.length > 0);
  }

  #read(): void {
    if (this.#isReading || this.#sink === undefined || this.#isEnded) return;
    this.#isReading = true;
    this.#readAll()
      .catch((error: unknown) => {
        this.destroy(error as Error);
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #readAll(): Promise<void> {
    while (this.#mayRead()) {
      const held = this.#held.shift();
      if (held !== undefined) {
        this.#take(held);
        continue;
      }
      await this.#takeThere();
      if (!this.#mayRead()) return;
      const next = this.#socket.receive({ maxBytes: MAX_LOCAL_DATAGRAM_BYTES, maxDescriptors: 0 });
      if (this.#isBackground) this.#socket.unref();
      const { bytes } = await next;
      this.#held.push(bytes);
    }
  }

  /** What is there now. */
  async #takeThere(): Promise<void> {
    for (let taken = 1; this.#mayRead(); taken++) {
      const message = this.#socket.tryReceive({ maxBytes: MAX_LOCAL_DATAGRAM_BYTES, maxDescriptors: 0 });
      if (message === undefined) return;
      this.#take(message.bytes);
      if (taken % MAX_RESULTS_AT_ONCE === 0) await turn();
    }
  }

  #take(bytes: Uint8Array): void {
    const { maxBytes } = this.#options.records;
    if (bytes.length < SHORTEST_MESSAGE_BYTES) {
      if (FAREWELL.equals(bytes)) this.#end(undefined);
      return;
    }
    if (bytes.length > maxBytes) {
      this.destroy(new RecordError("RECORD_TOO_LARGE", `a message of ${bytes.length} bytes exceeds ${maxBytes}`));
      return;
    }
    this.#stall.gotRecord();
    this.#sink?.message(bytes, this.peer);
    this.#stall.touch();
  }

  /** What it has sent before is there still. */
  async #died({ pid }: PeerProcess): Promise<void> {
    await turn(); // what was read already comes first
    if (this.#held.length === 0 && this.#sink !== undefined && this.#mayRead()) await this.#takeThere();
    this.#end(new Error(`the ${this.#options.end === "accepted" ? "client" : "server"}'s process ${pid} has ended`));
  }

  async close(): Promise<void> {
    if (!this.#isEnded && !this.#isClosing) {
      this.#isClosing = true;
      this.#stall.stop();
      const timer = setTimeout(() => {
        this.#end(undefined);
      }, FLUSH_TIMEOUT_MS);
      this.#put(FAREWELL);
      this.flush().then(
        () => {
          this.#end(undefined);
        },
        () => undefined,
      );
      await this.#closed;
      clearTimeout(timer);
    }
    await this.#closed;
  }

  destroy(error: Error): void {
    if (this.#isEnded) return;
    try {
      if (this.#out.length === 0) this.#socket.trySend(FAREWELL);
    } catch {
      // It has gone before.
    }
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = error;
    this.#stall.stop();
    this.#watch?.close();
    this.#socket.close();
    this.#flushed.reject(new Error(`the connection has ended: ${reason(error ?? "it was closed")}`));
    // In a later turn, as a socket tells it.
    setImmediate(() => {
      this.#isTold = true;
      this.#resolveClosed();
      this.#sink?.closed(error);
    });
  }

  credentials(): PeerCredentials {
    return this.#options.peer;
  }

  unref(): void {
    this.#isBackground = true;
    this.#socket.unref();
    this.#watch?.unref();
  }
}
