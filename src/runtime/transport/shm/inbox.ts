/** What comes over a shm connection: out of the ring, as records. */
import type { Bell } from "../../../ipc/bell.ts";
import { SHM_PIECE_BYTES } from "../../limits.ts";
import { type RecordLimits, RecordReader } from "../record-marking.ts";
import { type ShmView, WANTS_ROOM } from "./layout.ts";
import { wakePeer } from "./outbox.ts";
import { RingReader } from "./rings.ts";

/** From so many bytes on they go from the ring to their record without a copy between. */
const DIRECT_BYTES = 16 * 1024;
const MARK_BYTES = 4;
const LAST_FRAGMENT = 0x8000_0000;

export class Inbox {
  readonly ring: RingReader;
  readonly records: RecordReader;
  readonly #view: ShmView;
  readonly #bell: Bell;

  /** @param evicted as of `RecordReader` */
  constructor(view: ShmView, bell: Bell, limits: RecordLimits, evicted?: (error: Error) => void) {
    this.#view = view;
    this.#bell = bell;
    this.ring = new RingReader(view);
    this.records = new RecordReader(limits, evicted);
  }

  /**
   * Reads what is there, `most` bytes and a piece at most, and hands on each record that it completes.
   * @returns how many bytes; 0: there is nothing. Throws a `ShmCorruptError`, a `RecordError`
   */
  read(most: number, record: (bytes: Uint8Array) => void): number {
    const there = Math.min(most, this.ring.available, SHM_PIECE_BYTES);
    if (there <= 0) return 0;
    const isMuch = there >= DIRECT_BYTES;
    const place = isMuch ? this.records.place(DIRECT_BYTES, there) : undefined;
    if (place !== undefined) {
      const bytes = this.ring.takeInto(place);
      wakePeer(this.#view, this.#bell, WANTS_ROOM);
      this.records.filled(bytes, record);
      return bytes;
    }
    // What is behind a mark may be long. It is taken for what it is once it is a copy of our own.
    const isLong = isMuch && this.records.isAtMark && (this.ring.peekWord() & ~LAST_FRAGMENT) >= DIRECT_BYTES;
    const piece = this.ring.take(isLong ? MARK_BYTES : there);
    if (piece === undefined) return 0; // the peer has taken it back
    wakePeer(this.#view, this.#bell, WANTS_ROOM);
    this.records.push(piece, record);
    return piece.length;
  }
}
