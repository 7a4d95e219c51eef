import type { X509Certificate } from "node:crypto";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { RpcAddress } from "../address.ts";
import type { TransportName } from "../address.ts";
import { systemCode } from "../error.ts";
import { FLUSH_TIMEOUT_MS } from "../limits.ts";
import type { ByteStream } from "./byte-stream.ts";
import { type PeerCredentials, peerCredentials } from "./native.ts";
import type { PlacedReads } from "./placed-reads.ts";
import { RecordBatch, keepBuffer } from "./record-batch.ts";
import { RecordReader, type RecordLimits, frameRecord, markOf } from "./record-marking.ts";
import { StallTimer } from "./stall-timer.ts";
import { type TcpOptions, descriptorOf, setTcpOptions } from "./tcp-options.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** From so many bytes of a record to come they are read into its memory. */
const PLACED_BYTES = 16 * 1024;
/** In one read. */
const MOST_PLACED_BYTES = 1024 * 1024;

/** How a stream is served. */
export interface StreamOptions extends TcpOptions {
  readonly records: RecordLimits;
  /** Which end of the connection this is. */
  readonly end: "accepted" | "connected";
  /** What is read of the socket, where that was made with it. Default: its "data". */
  readonly reads?: PlacedReads | undefined;
  /** Path of the server, within this host. */
  readonly path?: string | undefined;
  /** Tells why the peer has ended the stream, once that is known: asked where the peer has. */
  readonly reasonOfEnd?: () => Promise<Error | undefined>;
  /** Milliseconds that the peer has for each step; `Infinity` for ever. */
  readonly stallTimeoutMs: number;
}

/** Names of streams within this host. */
export type HostStream = Exclude<TransportName, "tcp" | "tcp6" | "udp" | "udp6">;

/** A connected tcp, TLS or UNIX socket, or what behaves as one, with record marking. */
export class StreamTransport implements Transport {
  readonly netid: TransportName;
  readonly local: RpcAddress;
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #records: RecordReader;
  /** Of the socket in clear: TLS emits "data". */
  #reads: PlacedReads | undefined;
  readonly #stall: StallTimer;
  readonly #isAccepted: boolean;
  readonly #reasonOfEnd: (() => Promise<Error | undefined>) | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #socket: ByteStream;
  #sink: TransportSink | undefined;
  #detach: () => void = () => undefined;
  #failure: Error | undefined;
  #isTold = false;
  #isClosing = false;
  /** `asked`: nothing may come in clear any more. `wrapping`: nothing may go in clear any more, either. */
  #upgrade: "none" | "asked" | "wrapping" = "none";
  #upgraded: Promise<void> = Promise.resolve();
  /** Messages to send once the upgrade is made. */
  readonly #held: Uint8Array[] = [];
  #certificate: X509Certificate | undefined;
  #isTls: boolean;
  readonly #batch = new RecordBatch();
  /** Whether something was sent since the last tick. */
  #isInTick = false;
  /** Who asked for it may not be who wants it to end: the one pause is of a reader's, the other of our own. */
  #isPaused = false;
  #isFull = false;
  #keepsHalfOpen = false;
  #isHalfOpen = false;
  /** Whether the peer has ended the stream, and `#end` is to follow. */
  #hasEnded = false;
  #credentials: PeerCredentials | undefined;

  /** @param socket over `tcp` and `tcp6` one of Node's */
  constructor(socket: Socket, netid: "tcp" | "tcp6" | HostStream, options: StreamOptions);
  constructor(socket: ByteStream, netid: HostStream, options: StreamOptions);
  constructor(socket: ByteStream, netid: "tcp" | "tcp6" | HostStream, options: StreamOptions) {
    const { records, end, path = "", stallTimeoutMs } = options;
    this.#reasonOfEnd = options.reasonOfEnd;
    this.#reads = options.reads;
    this.#socket = socket;
    this.#isTls = socket instanceof TLSSocket;
    this.#isAccepted = end === "accepted";
    this.netid = netid;
    this.maxMessageBytes = records.maxSentBytes ?? records.maxBytes;
    this.#records = new RecordReader(records, (error) => {
      this.destroy(error);
    });
    if (netid !== "tcp" && netid !== "tcp6") {
      const at = (own: string): RpcAddress =>
        netid === "local" ? RpcAddress.local(own) : RpcAddress.sameHost(netid, own);
      this.local = at(this.#isAccepted ? path : "");
      this.peer = at(this.#isAccepted ? "" : path);
    } else {
      if (!(socket instanceof Socket)) throw new TypeError(`${netid} needs a socket of Node's`);
      setTcpOptions(socket, options);
      // A socket that the peer has reset already has no addresses.
      this.local = RpcAddress.inet(netid, socket.localAddress ?? "0.0.0.0", socket.localPort ?? 0);
      this.peer = RpcAddress.inet(netid, socket.remoteAddress ?? "0.0.0.0", socket.remotePort ?? 0);
    }
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    // From the beginning: a transport may end before anyone starts it.
    this.#watch(socket);
    const stalls = {
      // What a client waits for, only its calls know.
      awaitsRecord: this.#isAccepted,
      // Who is asked for a handshake and does not make it has called nothing.
      isReading: () => this.#upgrade === "wrapping" || (!this.#isPaused && !this.#isFull),
      partialBytes: () => (this.#records.partial ? this.#records.partialBytes : undefined),
      isUnread: () => this.#isFull,
      takenBytes: () => takenBytes(this.#socket),
    };
    this.#stall = new StallTimer(stallTimeoutMs, stalls, (error) => {
      this.destroy(error);
    });
  }

  /** Whether no whole record has come yet, over TLS where that was asked for. */
  get isUnused(): boolean {
    return this.#stall.isFirst;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#attach(this.#socket);
  }

  /** Whether its peer has connected, and not this end. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** Whether it is an Internet connection in clear, that TLS can be put on by who accepted it. */
  get canUpgrade(): boolean {
    const isInternet = this.netid === "tcp" || this.netid === "tcp6";
    return this.#isAccepted && isInternet && this.#upgrade === "none" && !this.encrypted;
  }

  /** What comes in clear from here on ends the connection: anyone may have put it there. `upgrade` is to follow. */
  expectUpgrade(): void {
    this.#upgrade = "asked";
  }

  /**
   * Goes on over another socket, which `wrap` makes of this one once all is sent that was to be sent in clear: TLS. What is
   * sent meanwhile waits. Never rejects: where it fails, the connection ends.
   */
  upgrade(wrap: (socket: Socket) => Promise<Socket>): Promise<void> {
    return (this.#upgraded = this.#wrap(wrap));
  }

  async #wrap(wrap: (socket: Socket) => Promise<Socket>): Promise<void> {
    this.#writeBatch();
    this.#reads?.release(); // in clear: it is refused
    this.#upgrade = "wrapping";
    this.#detach();
    this.#stall.awaitFirst();
    this.#stall.touch();
    try {
      if (!(this.#socket instanceof Socket)) throw new TypeError(`TLS is not for ${this.netid}`);
      await drained(this.#socket);
      const socket = await wrap(this.#socket);
      this.#upgrade = "none";
      this.#isFull = false;
      this.#reads = undefined;
      this.#socket = socket;
      this.#isTls = socket instanceof TLSSocket;
      this.#watch(socket);
      this.#attach(socket);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    for (const message of this.#held.splice(0)) this.#queue(message);
  }

  #watch(socket: ByteStream): void {
    socket.on("error", (error) => {
      this.#failure ??= error;
    });
    socket.once("close", () => {
      this.#tell();
      this.#resolveClosed();
    });
  }

  #attach(socket: ByteStream): void {
    const ended = (): void => {
      this.#hasEnded = true;
      if (this.#reads?.hasHeld !== true) this.#end();
    };
    const emptied = (): void => {
      if (!this.#isFull) return;
      this.#isFull = false;
      this.#flow();
      this.#stall.touch();
    };
    const read = (piece: Uint8Array): void => {
      this.#read(piece);
    };
    socket.once("end", ended).on("drain", emptied);
    if (this.#reads === undefined) socket.on("data", read);
    else this.#reads.start({ place: () => this.#place(), filled: (bytes) => { this.#filled(bytes); }, read }); // prettier-ignore
    // What goes wrong with the socket below another one is still of interest.
    this.#detach = () => {
      socket.allowHalfOpen = false;
      socket.off("end", ended).off("drain", emptied).off("data", read).pause();
    };
    if (this.#keepsHalfOpen) socket.allowHalfOpen = true;
    // Kept, since an ended connection's is forgotten, and calls of it may still run.
    if (socket instanceof TLSSocket && socket.authorized) this.#certificate = socket.getPeerX509Certificate();
    this.#stall.touch();
    this.#flow();
    if (socket.destroyed) this.#tell();
  }

  /** The peer has ended the stream, and all that came is read. */
  #end(): void {
    this.#hasEnded = false;
    // Nothing comes any more, though what we wrote may never be read, and "close" then never come by itself.
    this.#isHalfOpen = this.#keepsHalfOpen && this.#socket.writable;
    this.#tell();
    if (!this.#isHalfOpen) void this.close();
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#stall.stop();
    this.#records.abandon();
    const failure = this.#failure;
    // What was written to a peer that had ended is told first, and says less.
    const isPeers = failure === undefined || ["EPIPE", "ECONNRESET"].includes(systemCode(failure) ?? "");
    const reasonOfEnd = isPeers && !this.#isClosing ? this.#reasonOfEnd : undefined;
    if (reasonOfEnd === undefined) this.#sink?.closed(failure);
    else void reasonOfEnd().then((reason) => this.#sink?.closed(reason ?? failure));
  }

  #read(piece: Uint8Array): void {
    this.#advance(() => {
      this.#records.push(piece, this.#record);
    });
  }

  #filled(bytes: number): void {
    this.#advance(() => {
      this.#records.filled(bytes, this.#record);
    });
  }

  /** Where the next bytes are to lie: in the record's memory, where much of one is to come. */
  #place(): Uint8Array | undefined {
    if (this.#socket.destroyed) return undefined; // Node asks all the same
    try {
      return this.#records.place(PLACED_BYTES, MOST_PLACED_BYTES);
    } catch (error) {
      this.destroy(error as Error);
      return undefined;
    }
  }

  readonly #record = (record: Uint8Array): void => {
    this.#refuseInClear();
    this.#stall.gotRecord();
    this.#sink?.message(record, this.peer);
  };

  #advance(take: () => void): void {
    try {
      take();
      if (this.#records.partial) this.#refuseInClear();
    } catch (error) {
      this.destroy(error as Error); // of the record: the sink does not throw
      return;
    }
    this.#stall.touch();
  }

  #refuseInClear(): void {
    if (this.#upgrade !== "none") throw new Error("the peer sent something in clear behind its request for TLS");
  }

  get isMoving(): boolean {
    return this.#isFull || this.#records.partial || this.#upgrade !== "none";
  }

  get hasRoom(): boolean {
    return !this.#isFull && this.#batch.length < this.#socket.writableHighWaterMark && this.#upgrade !== "wrapping";
  }

  send(message: Uint8Array): void {
    if (this.#upgrade === "wrapping") this.#held.push(new Uint8Array(message));
    else this.#queue(message);
  }

  sendLent(message: Uint8Array, returned: () => void): void {
    const socket = this.#socket;
    // A socket of Node's alone does not keep what it has said that it has written.
    if (this.#upgrade === "wrapping" || !(socket instanceof Socket) || !socket.writable) {
      this.send(message);
      returned();
      return;
    }
    this.#writeBatch();
    socket.cork();
    socket.write(markOf(message));
    const hasRoom = socket.write(message, returned);
    socket.uncork();
    this.#wrote(hasRoom);
  }

  /** What is sent in one tick goes out in one system call, or a few. */
  #queue(message: Uint8Array): void {
    if (this.#batch.length === 0 && !this.#socket.writable) return;
    if (!this.#batch.hasRoom(message)) {
      this.#writeBatch();
      if (!this.#batch.hasRoom(message)) {
        this.#write(frameRecord(message));
        return;
      }
    }
    if (!this.#isInTick) {
      this.#isInTick = true;
      process.nextTick(StreamTransport.#endTick, this);
    }
    this.#batch.add(message);
    // Over TLS, and what is no socket of Node's, a write costs more than the wait.
    if (this.#batch.isDue && !this.#isTls && this.#socket instanceof Socket) this.#writeBatch();
  }

  static readonly #endTick = (transport: StreamTransport): void => {
    transport.#isInTick = false;
    transport.#writeBatch();
    transport.#batch.endTick();
  };

  #writeBatch(): void {
    const { length } = this.#batch;
    if (length === 0) return;
    const buffer = this.#batch.take();
    const bytes = buffer.subarray(0, length);
    const socket = this.#socket;
    // TLS, what is no socket of Node's, and one whose peer is slow hold the bytes: then those alone, not a whole batch's memory.
    const isHeld = !(socket instanceof Socket) || this.encrypted || socket.writableLength > 0;
    const isTaken = this.#write(isHeld ? Buffer.from(bytes) : bytes);
    if (isHeld || isTaken) keepBuffer(buffer);
  }

  /** Whether the system has taken all of it. */
  #write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    return socket.writable && this.#wrote(socket.write(bytes));
  }

  /** Whether the system has taken all of what was written. */
  #wrote(hasRoom: boolean): boolean {
    // It says that there is no room also where it was given much, and the system took all at once.
    if (this.#socket.writableLength === 0) return true;
    if (hasRoom) return false;
    this.#isFull = true;
    this.#stall.touch();
    // A server reads no further calls from a client that does not read its replies: they would fill the memory. A client
    // always reads: if both ends waited for the other to read, neither would ever go on.
    this.#flow();
    return false;
  }

  async flush(): Promise<void> {
    await this.#upgraded;
    this.#writeBatch();
    await drained(this.#socket);
  }

  pause(): void {
    this.#isPaused = true;
    this.#flow();
  }

  resume(): void {
    this.#isPaused = false;
    this.#flow();
  }

  #flow(): void {
    if (this.#upgrade === "wrapping") return; // the socket is another one's
    const isHeld = this.#isPaused || (this.#isFull && this.#isAccepted);
    if (this.#reads !== undefined) this.#hold(this.#reads, isHeld);
    else if (isHeld) this.#socket.pause();
    else this.#socket.resume();
    this.#stall.touch();
  }

  /** Nothing is handed on while it is held, and yet it is seen when the peer goes. */
  #hold(reads: PlacedReads, isHeld: boolean): void {
    if (isHeld) reads.hold();
    else reads.release();
    if (reads.isReading) this.#socket.resume();
    if (this.#hasEnded && !reads.hasHeld) this.#end();
  }

  keepHalfOpen(): void {
    this.#keepsHalfOpen = this.#socket.allowHalfOpen = true;
  }

  get lingering(): Promise<void> | undefined {
    return this.#isHalfOpen && !this.#socket.destroyed ? this.#closed : undefined;
  }

  async close(): Promise<void> {
    this.#stall.stop();
    this.#isClosing = true;
    this.#writeBatch();
    if (!this.#socket.destroyed) {
      const timer = setTimeout(() => this.#socket.destroy(), FLUSH_TIMEOUT_MS);
      this.#socket.end(() => {
        // The peer may keep its half open for ever.
        this.#socket.destroy();
      });
      await this.#closed;
      clearTimeout(timer);
    }
    await this.#closed;
  }

  destroy(error: Error): void {
    this.#failure ??= error;
    this.#reads?.stop(); // what waits is nobody's any more
    this.#socket.destroy();
  }

  credentials(): PeerCredentials | undefined {
    // Who has made a pair of sockets is its peer's word, and his own.
    const isKnown = this.netid === "local" || (this.netid === "pipe" && this.#isAccepted);
    if (!isKnown || !(this.#socket instanceof Socket)) return undefined;
    const fd = descriptorOf(this.#socket);
    if (this.#credentials !== undefined || fd === undefined) return this.#credentials;
    try {
      return (this.#credentials = peerCredentials(fd));
    } catch {
      return undefined; // a connection that ended meanwhile: nothing is proven
    }
  }

  get encrypted(): boolean {
    return this.#upgrade === "wrapping" || this.#isTls;
  }

  certificate(): X509Certificate | undefined {
    return this.#certificate;
  }

  unref(): void {
    this.#socket.unref();
  }
}

const NO_BYTES = new Uint8Array(0);

/** Bytes that the system has taken for the peer: what is left of the write under way, only Node's handle knows. */
function takenBytes(socket: ByteStream): number {
  if (socket.takenBytes !== undefined) return socket.takenBytes;
  const handle = (socket as { _handle?: { writeQueueSize?: number; bytesWritten?: number } | null })._handle;
  return (handle?.bytesWritten ?? 0) - (handle?.writeQueueSize ?? 0);
}

/** Resolves when the system has taken all that was written. */
function drained(socket: ByteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(NO_BYTES, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
