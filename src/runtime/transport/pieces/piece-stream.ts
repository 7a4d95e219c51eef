import { Duplex } from "node:stream";
import { MAX_UNTAKEN_BYTES } from "../../limits.ts";
import type { ByteStream } from "../byte-stream.ts";
import { PieceReceiver } from "./piece-receiver.ts";
import { PIECE_HEADER_BYTES, type Piece, type PieceKind, TELL_TAKEN, kinds, makePiece } from "./piece.ts";

/** The way to the other end of a stream. */
export interface PieceOutlet {
  /** Bytes of data that a piece holds at most. */
  readonly maxDataBytes: number;
  /** Bytes of data that may be on their way, of which so many are. Where none are, it is never 0. */
  room(underWay: number): number;
  /** Sends a piece at once; false where there is no room. Throws where nobody takes it any more. */
  trySend(piece: Uint8Array): boolean;
  /** Sends a piece as soon as there is room, in the order of the calls. Rejects where nobody takes it any more. */
  send(piece: Uint8Array): Promise<void>;
  unref(): void;
}

/** What a stream is made with. */
export interface PieceStreamOptions {
  readonly id: number;
  readonly nonce: number;
  readonly outlet: PieceOutlet;
  /** Whether a peer that goes is told that this end has gone, too: a server waits for that of its clients. Default false. */
  readonly answersGone?: boolean;
}

/** A stream of bytes in two directions that goes in pieces. Its owner hands it the pieces that come. */
export class PieceStream extends Duplex implements ByteStream {
  readonly id: number;
  readonly nonce: number;
  readonly #outlet: PieceOutlet;
  readonly #answersGone: boolean;
  readonly #receiver: PieceReceiver;
  /** What is to be sent, the first of it from `#outAt` on. */
  #out: Uint8Array[] = [];
  #outAt = 0;
  #outBytes = 0;
  #written: ((error?: Error | null) => void) | undefined;
  #ended: ((error?: Error | null) => void) | undefined;
  /** Bytes sent, and of those the bytes that the peer has taken. */
  #sent = 0;
  #taken = 0;
  /** Bytes sent when the peer was asked last to tell what it has taken. */
  #asked = 0;
  /** A piece waits for room. */
  #isBlocked = false;
  #isPeerGone = false;
  #reasonOfEnd: Error | undefined;

  constructor({ id, nonce, outlet, answersGone = false }: PieceStreamOptions) {
    super({ readableHighWaterMark: MAX_UNTAKEN_BYTES / 4, writableHighWaterMark: MAX_UNTAKEN_BYTES, emitClose: true });
    this.id = id;
    this.nonce = nonce;
    this.#outlet = outlet;
    this.#answersGone = answersGone;
    this.#receiver = new PieceReceiver((bytes) => this.push(bytes));
  }

  /** Bytes that the peer has taken. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** Whether the peer takes and sends nothing any more. */
  get isPeerGone(): boolean {
    return this.#isPeerGone;
  }

  /** Why the peer has gone, where that is known. */
  get reasonOfEnd(): Error | undefined {
    return this.#reasonOfEnd;
  }

  unref(): void {
    this.#outlet.unref();
  }

  /** A piece of its has come. */
  receive({ kind, flags, offset, taken, data }: Piece): void {
    if (this.destroyed || this.#isPeerGone) return;
    if (kind === kinds.gone) {
      if (this.#answersGone) this.#sayGone();
      this.peerGone(undefined);
      return;
    }
    // Someone else may have taken a piece, or put one in.
    if (offset !== this.#receiver.receivedBytes >>> 0) {
      this.destroy(new Error(`a piece at byte ${offset} of the stream came at ${this.#receiver.receivedBytes >>> 0}`));
      return;
    }
    const more = (taken - this.#taken) >>> 0;
    if (more > this.#sent - this.#taken) {
      this.destroy(new Error("the peer has taken more than it was sent"));
      return;
    }
    this.#taken += more;
    if (!this.#receiver.put(data, kind === kinds.end, (flags & TELL_TAKEN) !== 0)) {
      this.destroy(new Error("the peer sends more than it may"));
      return;
    }
    this.#pump();
  }

  /** The other end has gone, with what it had not taken. What has come of it can still be read. */
  peerGone(reason: Error | undefined): void {
    if (this.#isPeerGone) return;
    this.#isPeerGone = true;
    this.#reasonOfEnd = reason;
    if (this.destroyed) return;
    if (!this.#receiver.hasEnd) {
      // Unless a process has ended, which ends its streams as its system would do.
      if (reason === undefined) this.#reasonOfEnd = new Error("the peer has given the connection up");
      this.#receiver.put(NO_BYTES, true, false);
    }
    this.#fail(new Error(this.#reasonOfEnd?.message ?? "the peer reads no more"));
    // Once its last bytes are read, there is nothing left to wait for.
    if (this.readableEnded) this.destroy();
    else this.once("end", () => this.destroy());
  }

  /** Whoever waits to be rid of what it has written. */
  #fail(error: Error): void {
    const waiting = this.#written ?? this.#ended;
    this.#written = this.#ended = undefined;
    this.#out = [];
    this.#outBytes = 0;
    waiting?.(Object.assign(error, { code: "EPIPE" }));
  }

  override _read(): void {
    this.#receiver.read();
    if (this.#receiver.isToTell) this.#pump();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#put([chunk], callback);
  }

  override _writev(chunks: readonly { readonly chunk: unknown }[], callback: (error?: Error | null) => void): void {
    const all = chunks.map(({ chunk }) => chunk as Uint8Array);
    this.#put(all, callback);
  }

  #put(chunks: Uint8Array[], callback: (error?: Error | null) => void): void {
    this.#written = callback;
    if (this.#isPeerGone) {
      this.#fail(new Error("the peer reads no more"));
      return;
    }
    this.#out = chunks;
    this.#outAt = 0;
    for (const { length } of chunks) this.#outBytes += length;
    this.#pump();
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#isPeerGone) {
      callback();
      return;
    }
    this.#ended = callback;
    this.#pump();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isPeerGone) this.#sayGone();
    callback(error);
  }

  /** Behind what waits for room. */
  #sayGone(): void {
    const gone = this.#piece(kinds.gone, 0);
    try {
      if (!this.#isBlocked && this.#outlet.trySend(gone)) return;
    } catch {
      return; // nobody is there to be told
    }
    this.#outlet.send(gone).catch(() => undefined);
  }

  /** Sends what may be sent. */
  #pump(): void {
    try {
      while (!this.#isBlocked && !this.destroyed && !this.#isPeerGone && this.#sendNext());
    } catch (error) {
      this.peerGone(error as Error);
    }
  }

  /** @returns whether there may be more to send */
  #sendNext(): boolean {
    if (this.#outBytes > 0) {
      const underWay = this.#sent - this.#taken;
      const room = this.#outlet.room(underWay);
      if (room > 0) {
        this.#sendData(Math.min(room, this.#outBytes, this.#outlet.maxDataBytes), underWay, room);
        return true;
      }
      // Whoever was not asked may have nothing to say by itself.
      if (this.#asked <= this.#taken) {
        this.#asked = this.#sent;
        this.#send(this.#piece(kinds.data, TELL_TAKEN));
        return true;
      }
    } else if (this.#written !== undefined) {
      const written = this.#written;
      this.#written = undefined;
      written();
      return true;
    } else if (this.#ended !== undefined) {
      const ended = this.#ended;
      this.#ended = undefined;
      this.#send(this.#piece(kinds.end, 0));
      ended();
      return true;
    }
    if (this.#receiver.isToTell) this.#send(this.#piece(kinds.data, 0));
    return false;
  }

  #sendData(bytes: number, underWay: number, room: number): void {
    // Asked for in time, it comes before the room is used up.
    const isToTell = this.#asked <= this.#taken && bytes < this.#outBytes && 2 * (underWay + bytes) >= underWay + room;
    const piece = this.#piece(kinds.data, isToTell ? TELL_TAKEN : 0, bytes);
    let at = PIECE_HEADER_BYTES;
    while (at < piece.length) {
      const [first = NO_BYTES] = this.#out;
      const part = first.subarray(this.#outAt, this.#outAt + piece.length - at);
      piece.set(part, at);
      at += part.length;
      this.#outAt += part.length;
      if (this.#outAt < first.length) continue;
      this.#out.shift();
      this.#outAt = 0;
    }
    this.#outBytes -= bytes;
    this.#sent += bytes;
    if (isToTell) this.#asked = this.#sent;
    this.#send(piece);
  }

  #piece(kind: PieceKind, flags: number, dataBytes = 0): Buffer {
    const { id, nonce } = this;
    const header = { id, nonce, kind, flags, offset: this.#sent >>> 0, taken: this.#receiver.takenBytes >>> 0 };
    this.#receiver.told();
    return makePiece(header, dataBytes);
  }

  #send(piece: Buffer): void {
    if (this.#outlet.trySend(piece)) return;
    this.#isBlocked = true;
    this.#outlet.send(piece).then(
      () => {
        this.#isBlocked = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#isBlocked = false;
        this.peerGone(error as Error);
      },
    );
  }
}

const NO_BYTES = new Uint8Array(0);
