import type { Bell } from "../../../ipc/bell.ts";
import { type Spinner, newSpinner } from "../../../ipc/spinner.ts";
import { RpcAddress } from "../../address.ts";
import { FLUSH_TIMEOUT_MS, SHM_RING_BYTES } from "../../limits.ts";
import type { PeerCredentials } from "../native.ts";
import type { RecordLimits } from "../record-marking.ts";
import { StallTimer } from "../stall-timer.ts";
import type { Transport, TransportSink } from "../transport.ts";
import { type ShmChannel, closeChannel } from "./channel.ts";
import { type ShmView, viewOf } from "./layout.ts";
import { Outbox } from "./outbox.ts";
import { Inbox } from "./inbox.ts";
import { Rest } from "./rest.ts";

export interface ShmOptions {
  readonly records: RecordLimits;
  /** Milliseconds that the peer has for each step; `Infinity` for ever. */
  readonly stallTimeoutMs: number;
  /** Microseconds to look for an answer, whether the peer is fast or not. */
  readonly busyPollUs?: number | undefined;
}

/** Records through two rings of shared memory. */
export class ShmTransport implements Transport {
  readonly netid = "shm";
  readonly local: RpcAddress;
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #channel: ShmChannel;
  readonly #view: ShmView;
  readonly #bell: Bell;
  readonly #spinner: Spinner;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #stall: StallTimer;
  readonly #rest: Rest;
  /** Resolves when it has ended. */
  readonly closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #sink: TransportSink | undefined;
  #failure: Error | undefined;
  #state: "open" | "ending" | "ended" = "open";
  /** The peer's end has gone: what it had written is still read. */
  #isPeerGone = false;
  /** Bytes of that: what is written behind its end is not read. */
  #left = Infinity;
  #isPaused = false;
  /** Messages sent less messages received, since the peer was last silent. */
  #balance = 0;

  constructor(channel: ShmChannel, options: ShmOptions) {
    const { end, mapping, ringBytes, path, socket } = channel;
    const { records, stallTimeoutMs, busyPollUs } = options;
    this.#channel = channel;
    this.local = RpcAddress.sameHost("shm", end === "server" ? path : "");
    this.peer = RpcAddress.sameHost("shm", end === "server" ? "" : path);
    this.maxMessageBytes = records.maxSentBytes ?? records.maxBytes;
    this.#view = viewOf(mapping.buffer, ringBytes, end);
    this.#bell = socket.bell();
    const stalls = {
      awaitsRecord: end === "server",
      isReading: () => !this.#isHeld,
      partialBytes: () => (this.#inbox.records.partial ? this.#inbox.records.partialBytes : undefined),
      isUnread: () => !this.#outbox.isEmpty,
      takenBytes: () => this.#outbox.putBytes,
    };
    const fail = (error: Error): void => {
      this.destroy(error);
    };
    this.#inbox = new Inbox(this.#view, this.#bell, records, fail);
    this.#stall = new StallTimer(stallTimeoutMs, stalls, fail);
    const { own, peer } = this.#view;
    const processors = { ownProcessor: own.processor, peerProcessor: peer.processor };
    this.#spinner = newSpinner(mapping, { word: peer.written, ...processors });
    this.#outbox = new Outbox(this.#view, this.#bell, () => newSpinner(mapping, { word: peer.taken, ...processors }));
    this.#rest = new Rest(
      {
        spinner: this.#spinner,
        position: () => this.#inbox.ring.position,
        read: () => this.#read(),
        hasMore: () => this.#inbox.ring.hasMore,
        expects: () => this.#balance > 0 && !this.#isHeld,
        isInRecord: () => this.#inbox.records.partial && !this.#isHeld,
        sleep: () => this.#sleep(),
        wake: () => { this.#inbox.ring.wake(); }, // prettier-ignore
      },
      busyPollUs,
    );
    this.#spinner.spin(0, 0);
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    // From the beginning: the peer may go before anyone starts this end.
    this.#bell.watch(
      () => {
        if (this.#sink !== undefined) this.#rung();
      },
      () => {
        this.#peerGone();
      },
    );
  }

  get isUnused(): boolean {
    return this.#stall.isFirst;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#isEnded) {
      this.#tell();
      return;
    }
    this.#stall.touch();
    // What has come already is read when this turn is over: nobody expects a message before `start` returns.
    if (!this.#rest.start() || this.#isPeerGone) this.#readLater();
  }

  get isMoving(): boolean {
    return !this.#outbox.isEmpty || this.#inbox.records.partial;
  }

  get hasRoom(): boolean {
    return this.#outbox.isEmpty;
  }

  send(message: Uint8Array): void {
    if (this.#state !== "open" || this.#isPeerGone) return;
    this.#balance++;
    const hadAll = this.#outbox.isEmpty;
    let hasAll: boolean;
    try {
      hasAll = this.#outbox.send(message);
    } catch (error) {
      this.destroy(error as Error); // the memory's: the peer wrote what it should not
      return;
    }
    if (!hadAll || !hasAll) this.#stall.touch();
    // A server that was held by what was unread sleeps without having asked for its bell.
    if (!hadAll && hasAll) this.#readLater();
    this.#rest.sent();
  }

  flush(): Promise<void> {
    if (this.#isEnded) return Promise.reject(new Error("the connection has ended"));
    return this.#outbox.flush();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stall.touch();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#stall.touch();
    this.#readLater();
  }

  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "ending";
      this.#stall.stop();
      if (!this.#outbox.isEmpty) await this.#flushedOrLate();
      this.#end();
    }
    await this.closed;
  }

  destroy(error: Error): void {
    this.#end(error);
  }

  credentials(): PeerCredentials {
    return this.#channel.credentials;
  }

  unref(): void {
    this.#channel.socket.unref();
  }

  /** A server reads no further calls from a client that does not read its replies: they would fill the memory. */
  get #isHeld(): boolean {
    return this.#isPaused || (this.#channel.end === "server" && !this.#outbox.isEmpty);
  }

  #rung(): void {
    if (this.#isEnded) return;
    this.#spinner.spin(0, 0); // it publishes the processor: who slept may have been woken elsewhere
    if (!this.#outbox.isEmpty) {
      try {
        this.#outbox.pump();
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      this.#stall.touch();
    }
    this.#rest.rung();
  }

  /** @returns how many messages there were; undefined where there was nothing */
  #read(): number | undefined {
    let messages: number | undefined;
    const got = (record: Uint8Array): void => {
      // Behind its end, which the last message may have brought about, nothing is told.
      if (this.#isEnded) return;
      messages = (messages ?? 0) + 1;
      this.#stall.gotRecord();
      this.#balance--;
      this.#sink?.message(record, this.peer);
    };
    try {
      // What comes meanwhile waits: a peer that answers each reply at once would leave nobody else a turn.
      let there = this.#isHeld || this.#isEnded ? 0 : Math.min(this.#inbox.ring.available, this.#left, SHM_RING_BYTES);
      while (there > 0 && !this.#isHeld && !this.#isEnded) {
        const bytes = this.#inbox.read(there, got);
        if (bytes === 0) break; // the peer has taken it back
        messages ??= 0;
        there -= bytes;
        this.#left -= bytes;
      }
    } catch (error) {
      this.destroy(error as Error); // of the memory or the record: the sink does not throw
    }
    if (this.#isEnded) {
      this.#inbox.records.abandon(); // also what a piece had behind the message that ended it
      return undefined;
    }
    if (messages !== undefined) {
      if (this.#balance < 0) this.#balance = 0;
      this.#stall.touch();
    }
    return messages;
  }

  /** What is called meanwhile may end it. */
  get #isEnded(): boolean {
    return this.#state === "ended";
  }

  #readLater(): void {
    setImmediate(() => {
      if (this.#isEnded) return;
      if (this.#isPeerGone) this.#finish();
      else this.#rung();
    });
  }

  #sleep(): boolean {
    this.#balance = 0;
    if (this.#isHeld) return true; // `resume`, or the room that the peer makes, begins anew
    return this.#inbox.ring.sleep();
  }

  #peerGone(): void {
    this.#isPeerGone = true;
    // Whoever has closed its end may write to the memory all the same, for ever.
    this.#left = this.#view.incoming.length;
    this.#outbox.abandon();
    if (this.#sink !== undefined) this.#finish();
  }

  /** Reads what the peer left behind, and ends. Where the reading is held, what is unread waits, as in a socket. */
  #finish(): void {
    if (this.#isEnded) return;
    while (this.#read() !== undefined);
    if (this.#isPaused && this.#left > 0 && this.#inbox.ring.hasMore) return;
    this.#end();
  }

  async #flushedOrLate(): Promise<void> {
    const timer = setTimeout(() => { this.#end(); }, FLUSH_TIMEOUT_MS); // prettier-ignore
    await this.flush().catch(() => undefined); // it has ended, then
    clearTimeout(timer);
  }

  #end(error?: Error): void {
    if (this.#isEnded) return;
    this.#state = "ended";
    this.#failure = error;
    this.#rest.stop();
    this.#stall.stop();
    this.#inbox.records.abandon();
    this.#outbox.abandon();
    this.#spinner.close();
    closeChannel(this.#channel);
    // Whoever ends it is told in a later turn, as of a socket.
    if (this.#sink !== undefined)
      setImmediate(() => { this.#tell(); }); // prettier-ignore
    else this.#resolveClosed();
  }

  #tell(): void {
    this.#resolveClosed();
    this.#sink?.closed(this.#failure);
  }
}
