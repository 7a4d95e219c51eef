/**
 * Pieces: how a stream of bytes goes over what carries messages of a bounded size from many senders, such as a queue or a FIFO.
 *
 * Each begins with 20 bytes, in the order of the network: the stream's number, its nonce, the kind, flags, the version of all this (2 bytes),
 * the bytes of its stream that were sent before it, and the bytes of the other direction's that its sender has taken.
 */

/** What a piece is for. */
export const kinds = {
  /** A client asks for a stream; its data tell who it is. */
  open: 1,
  /** The server has made it; its data tell who that is. */
  accept: 2,
  /** Bytes, or none: it then only tells what was taken. */
  data: 3,
  /** Its sender sends no more bytes. */
  end: 4,
  /** Its sender takes nothing more, and sends nothing. */
  gone: 5,
} as const;

export type PieceKind = (typeof kinds)[keyof typeof kinds];

/** Of the flags: the receiver is to tell what it has taken, once that is all of this piece. */
export const TELL_TAKEN = 1;

export const PIECE_HEADER_BYTES = 20;

const VERSION = 1;
const KINDS: ReadonlySet<number> = new Set(Object.values(kinds));

export interface PieceHeader {
  /** Of the stream, among all of its server: from 1 to 2^31 - 1. */
  readonly id: number;
  /** Tells the stream from one before it that had its number. */
  readonly nonce: number;
  readonly kind: PieceKind;
  readonly flags: number;
  /** Bytes sent before it, modulo 2^32. */
  readonly offset: number;
  /** Bytes taken of the other direction, modulo 2^32. */
  readonly taken: number;
}

export interface Piece extends PieceHeader {
  readonly data: Uint8Array;
}

/** A piece with room for data behind its header. */
export function makePiece(header: PieceHeader, dataBytes: number): Buffer {
  const piece = Buffer.allocUnsafe(PIECE_HEADER_BYTES + dataBytes);
  piece.writeUInt32BE(header.id, 0);
  piece.writeUInt32BE(header.nonce, 4);
  piece[8] = header.kind;
  piece[9] = header.flags;
  piece.writeUInt16BE(VERSION, 10);
  piece.writeUInt32BE(header.offset, 12);
  piece.writeUInt32BE(header.taken, 16);
  return piece;
}

/** Undefined for what is no piece: anyone who may write may have written it. The data are a view. */
export function readPiece(bytes: Uint8Array): Piece | undefined {
  if (bytes.length < PIECE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = view.getUint8(8);
  const id = view.getUint32(0);
  if (view.getUint16(10) !== VERSION || !KINDS.has(kind) || id === 0 || id > MAX_STREAM_ID) return undefined;
  return {
    id,
    nonce: view.getUint32(4),
    kind: kind as PieceKind,
    flags: view.getUint8(9),
    offset: view.getUint32(12),
    taken: view.getUint32(16),
    data: bytes.subarray(PIECE_HEADER_BYTES),
  };
}

/** A type of System V's messages must fit, where a long has 32 bits. */
const MAX_STREAM_ID = 0x7fff_ffff;

/** A number and a nonce for a new stream. */
export function newStreamName(): { readonly id: number; readonly nonce: number } {
  const [first = 0, nonce = 0] = crypto.getRandomValues(new Uint32Array(2));
  return { id: (first % MAX_STREAM_ID) + 1, nonce };
}
