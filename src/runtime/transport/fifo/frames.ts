/**
 * Frames: a piece as it goes through a FIFO, which keeps no bounds. Who may write may write anything, and a dead writer leaves no half of a
 * frame, since each goes in one write of at most PIPE_BUF: so what does not fit is skipped, and the next frame found.
 *
 * A frame begins with 10 bytes, in the order of the network: four that are always the same, the CRC-32 of all behind it (4), and the bytes of the piece (2).
 */
import { crc32 } from "node:zlib";
import { PIPE_BUF } from "../../../ipc/limits.ts";
import { PIECE_HEADER_BYTES, type Piece, readPiece } from "../pieces/piece.ts";

const MARK = Buffer.from("tsrf", "latin1");
const FRAME_HEADER_BYTES = 10;
const MAX_PIECE_BYTES = PIPE_BUF - FRAME_HEADER_BYTES;

/** Bytes of data of a piece at most. */
export const MAX_FIFO_DATA_BYTES: number = MAX_PIECE_BYTES - PIECE_HEADER_BYTES;

/** A piece in a frame. */
export function makeFrame(piece: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + piece.length);
  frame.set(MARK);
  frame.writeUInt16BE(piece.length, 8);
  frame.set(piece, FRAME_HEADER_BYTES);
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
  return frame;
}

/** Finds the frames in what is read. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Takes what was read, and hands on its pieces. What may be the beginning of a frame is kept.
   * @returns bytes that belong to no frame
   */
  push(bytes: Uint8Array, received: (piece: Piece | undefined) => void): number {
    const all =
      this.#rest.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#rest, bytes]);
    return this.#read(all, received, false);
  }

  /**
   * Nothing more is there for now: what is kept is no frame, since frames are written whole.
   * @returns bytes that belong to no frame
   */
  drained(received: (piece: Piece | undefined) => void): number {
    return this.#rest.length === 0 ? 0 : this.#read(this.#rest, received, true);
  }

  #read(all: Buffer, received: (piece: Piece | undefined) => void, isDrained: boolean): number {
    let at = 0;
    let skipped = 0;
    this.#rest = all.subarray(all.length);
    while (at < all.length) {
      const length = frameLength(all, at);
      if (length === "unknown" && !isDrained) {
        this.#rest = all.subarray(at);
        break;
      }
      if (typeof length === "number") {
        received(readPiece(all.subarray(at + FRAME_HEADER_BYTES, at + length)));
        at += length;
        continue;
      }
      const next = all.indexOf(MARK[0] ?? 0, at + 1);
      const to = next === -1 ? all.length : next;
      skipped += to - at;
      at = to;
    }
    return skipped;
  }
}

/** Bytes of the frame there; `none`: there is none; `unknown`: more has to be read to know. */
function frameLength(all: Buffer, at: number): number | "none" | "unknown" {
  const left = all.length - at;
  const marked = Math.min(left, MARK.length);
  if (all.compare(MARK, 0, marked, at, at + marked) !== 0) return "none";
  if (left < FRAME_HEADER_BYTES) return "unknown";
  const pieceBytes = all.readUInt16BE(at + 8);
  if (pieceBytes < PIECE_HEADER_BYTES || pieceBytes > MAX_PIECE_BYTES) return "none";
  const length = FRAME_HEADER_BYTES + pieceBytes;
  if (left < length) return "unknown";
  return crc32(all.subarray(at + 8, at + length)) === all.readUInt32BE(at + 4) ? length : "none";
}
