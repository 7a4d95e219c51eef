import { newSpinner } from "../../../ipc/spinner.ts";
import { RpcAddress } from "../../address.ts";
import { FLUSH_TIMEOUT_MS, SHM_PIECE_BYTES } from "../../limits.ts";
import type { PeerCredentials } from "../native.ts";
import { RecordReader, type RecordLimits, frameRecord, recordMark } from "../record-marking.ts";
import { StallTimer } from "../stall-timer.ts";
import type { Transport, TransportSink } from "../transport.ts";
import { type ShmChannel, closeChannel } from "./channel.ts";
import { SLEEPS, type ShmView, WANTS_ROOM, viewOf } from "./layout.ts";
import { Rest } from "./rest.ts";
import { RingReader, RingWriter } from "./rings.ts";

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
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  readonly #records: RecordReader;
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
  #isPaused = false;
  /** Records, or the rest of one, for which there is no room yet. */
  #queue: Uint8Array[] = [];
  #putBytes = 0;
  readonly #flushed = new Set<{ readonly resolve: () => void; readonly reject: (error: Error) => void }>();
  /** Messages sent less messages received, since the peer was last silent. */
  #balance = 0;

  constructor(channel: ShmChannel, options: ShmOptions) {
    const { end, mapping, ringBytes, path } = channel;
    const { records, stallTimeoutMs, busyPollUs } = options;
    this.#channel = channel;
    this.local = RpcAddress.sameHost("shm", end === "server" ? path : "");
    this.peer = RpcAddress.sameHost("shm", end === "server" ? "" : path);
    this.maxMessageBytes = records.maxSentBytes ?? records.maxBytes;
    this.#view = viewOf(mapping.buffer, ringBytes, end);
    this.#writer = new RingWriter(this.#view);
    this.#reader = new RingReader(this.#view);
    this.#records = new RecordReader(records, (error) => {
      this.destroy(error);
    });
    const stalls = {
      awaitsRecord: end === "server",
      isReading: () => !this.#isHeld,
      partialBytes: () => (this.#records.partial ? this.#records.partialBytes : undefined),
      isUnread: () => this.#queue.length > 0,
      takenBytes: () => this.#putBytes,
    };
    this.#stall = new StallTimer(stallTimeoutMs, stalls, (error) => {
      this.destroy(error);
    });
    const { own, peer } = this.#view;
    const words = { word: peer.written, ownProcessor: own.processor, peerProcessor: peer.processor };
    this.#rest = new Rest(
      {
        spinner: newSpinner(mapping, words),
        position: () => this.#reader.position,
        read: () => this.#read(),
        expects: () => this.#balance > 0 && !this.#isHeld,
        sleep: () => this.#sleep(),
        wake: () => {
          Atomics.and(this.#view.words, own.state, ~SLEEPS);
        },
      },
      busyPollUs,
    );
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#watchPeer();
  }

  get isUnused(): boolean {
    return this.#stall.isFirst;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#state === "ended") {
      this.#tell();
      return;
    }
    this.#channel.ownBell.watch(() => {
      this.#rung();
    });
    this.#stall.touch();
    // What has come already is read when this turn is over: nobody expects a message before `start` returns.
    if (!this.#rest.start()) setImmediate(() => { this.#rung(); }); // prettier-ignore
    if (this.#isPeerGone) setImmediate(() => { this.#finish(); }); // prettier-ignore
  }

  get isMoving(): boolean {
    return this.#queue.length > 0 || this.#records.partial;
  }

  get hasRoom(): boolean {
    return this.#queue.length === 0;
  }

  send(message: Uint8Array): void {
    if (this.#state !== "open" || this.#isPeerGone) return;
    this.#balance++;
    try {
      if (this.#queue.length === 0 && this.#writer.hasRoom(message.length + 4)) {
        this.#writer.putWord(recordMark(message.length));
        this.#writer.put(message);
        this.#putBytes += message.length + 4;
        this.#publish();
      } else {
        this.#queue.push(frameRecord(message));
        this.#pump();
        this.#stall.touch();
      }
    } catch (error) {
      this.destroy(error as Error); // the memory's: the peer wrote what it should not
      return;
    }
    this.#rest.sent();
  }

  flush(): Promise<void> {
    if (this.#queue.length === 0 && this.#state !== "ended") return Promise.resolve();
    if (this.#state === "ended") return Promise.reject(new Error("the connection has ended"));
    return new Promise((resolve, reject) => this.#flushed.add({ resolve, reject }));
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
      if (this.#queue.length > 0) await this.#flushedOrLate();
      this.#end();
    }
    await this.closed;
  }

  destroy(error: Error): void {
    if (this.#state === "ended") return;
    this.#failure ??= error;
    this.#end();
  }

  credentials(): PeerCredentials {
    return this.#channel.credentials;
  }

  unref(): void {
    this.#channel.ownBell.unref();
    this.#channel.socket.unref();
  }

  /** A server reads no further calls from a client that does not read its replies: they would fill the memory. */
  get #isHeld(): boolean {
    return this.#isPaused || (this.#channel.end === "server" && this.#queue.length > 0);
  }

  /** What was put can be read, and the peer is woken where it sleeps. */
  #publish(): void {
    this.#writer.publish();
    this.#callPeer(SLEEPS);
  }

  /** Rings at the peer where it waits for what was done. */
  #callPeer(waits: number): void {
    const { words, peer } = this.#view;
    if ((Atomics.load(words, peer.state) & waits) === 0) return;
    if ((Atomics.and(words, peer.state, ~waits) & waits) === 0) return;
    this.#channel.peerBell.tryAdd();
  }

  /** Puts what there is room for. Throws a `ShmCorruptError`. */
  #pump(): void {
    const { words, own } = this.#view;
    for (let asked = false; ;) {
      const [first] = this.#queue;
      if (first === undefined) break;
      const put = this.#writer.putSome(first);
      this.#putBytes += put;
      if (put > 0) this.#publish();
      if (put === first.length) this.#queue.shift();
      else if (put > 0) this.#queue[0] = first.subarray(put);
      // It may have made room between our look and our asking.
      else if (asked) return;
      else {
        Atomics.or(words, own.state, WANTS_ROOM);
        asked = true;
      }
    }
    Atomics.and(words, own.state, ~WANTS_ROOM);
    for (const { resolve } of this.#flushed) resolve();
    this.#flushed.clear();
  }

  #rung(): void {
    if (this.#state === "ended") return;
    const wasFull = this.#queue.length > 0;
    if (wasFull) {
      try {
        this.#pump();
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      this.#stall.touch();
    }
    this.#rest.rung();
  }

  /** @returns whether there was anything */
  #read(): boolean {
    let left = this.#view.incoming.length;
    let found = false;
    try {
      while (left > 0 && !this.#isHeld && this.#state !== "ended") {
        const piece = this.#reader.take(Math.min(left, SHM_PIECE_BYTES));
        if (piece === undefined) break;
        found = true;
        left -= piece.length;
        this.#callPeer(WANTS_ROOM);
        this.#records.push(piece, (record) => {
          this.#stall.gotRecord();
          this.#balance--;
          this.#sink?.message(record, this.peer);
        });
      }
    } catch (error) {
      this.destroy(error as Error); // of the memory or the record: the sink does not throw
      return false;
    }
    if (found && this.#state !== "ended") {
      if (this.#balance < 0) this.#balance = 0;
      this.#stall.touch();
      // Others have their turn before a peer that writes as fast as it is read.
      if (left <= 0) this.#readLater();
    }
    return found;
  }

  #readLater(): void {
    setImmediate(() => {
      if (this.#state === "ended") return;
      if (this.#isPeerGone) this.#finish();
      else this.#rung();
    });
  }

  #sleep(): boolean {
    this.#balance = 0;
    if (this.#isHeld) return true; // `resume`, or the room that the peer makes, begins anew
    const { words, own } = this.#view;
    Atomics.or(words, own.state, SLEEPS);
    if (!this.#reader.hasMore) return true;
    Atomics.and(words, own.state, ~SLEEPS);
    return false;
  }

  #watchPeer(): void {
    this.#channel.socket.receive().then(
      (message) => {
        if (message === null) this.#peerGone(undefined);
        else {
          message.close();
          this.#peerGone(new Error("the peer sent something where nothing is sent"));
        }
      },
      (error: unknown) => {
        if (this.#state !== "ended") this.#peerGone(error as Error);
      },
    );
  }

  #peerGone(error: Error | undefined): void {
    this.#failure ??= error;
    this.#isPeerGone = true;
    if (this.#sink !== undefined) this.#finish();
  }

  /** Reads what the peer left behind, and ends. Where the reading is held, what is unread waits, as in a socket. */
  #finish(): void {
    if (this.#state === "ended") return;
    while (this.#read()) if (this.#isHeld) break;
    if (this.#isHeld && this.#queue.length === 0 && this.#reader.hasMore) return;
    this.#end();
  }

  async #flushedOrLate(): Promise<void> {
    const timer = setTimeout(() => {
      this.#end();
    }, FLUSH_TIMEOUT_MS);
    await this.flush().catch(() => undefined); // it has ended, then
    clearTimeout(timer);
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#rest.stop();
    this.#stall.stop();
    this.#records.abandon();
    closeChannel(this.#channel);
    this.#queue = [];
    for (const { reject } of this.#flushed) reject(new Error("the connection has ended"));
    this.#flushed.clear();
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
