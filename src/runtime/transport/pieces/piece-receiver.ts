import { MAX_UNTAKEN_BYTES } from "../../limits.ts";

/** What has come of a stream in pieces, until its reader takes it. */
export class PieceReceiver {
  /** Bytes that have come. */
  receivedBytes = 0;
  /** Bytes that the reader has taken. */
  takenBytes = 0;
  /** Whether the peer is to be told now what was taken. */
  isToTell = false;
  readonly #push: (bytes: Uint8Array | null) => boolean;
  readonly #waiting: Uint8Array[] = [];
  #hasEnd = false;
  #isEndRead = false;
  /** The reader wants more. */
  #isReading = false;
  /** The peer wants to know when so many bytes are taken. */
  #tellAt: number | undefined;

  /** @param push gives bytes to the reader, or the end; false where he has enough for the time being */
  constructor(push: (bytes: Uint8Array | null) => boolean) {
    this.#push = push;
  }

  /** Whether the end has come: nothing more can. */
  get hasEnd(): boolean {
    return this.#hasEnd;
  }

  /** Takes what has come. False where that is more than may be under way, or comes behind the end. */
  put(bytes: Uint8Array, isEnd: boolean, tellTaken: boolean): boolean {
    if (this.#hasEnd && (isEnd || bytes.length > 0)) return false;
    if (this.receivedBytes + bytes.length - this.takenBytes > MAX_UNTAKEN_BYTES) return false;
    this.receivedBytes += bytes.length;
    if (bytes.length > 0) this.#waiting.push(bytes);
    if (tellTaken) this.#tellAt = this.receivedBytes;
    this.#hasEnd ||= isEnd;
    this.#deliver();
    return true;
  }

  /** The reader wants more. */
  read(): void {
    this.#isReading = true;
    this.#deliver();
  }

  /** The peer is about to be told what was taken. */
  told(): void {
    this.isToTell = false;
  }

  #deliver(): void {
    while (this.#isReading) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) break;
      this.takenBytes += bytes.length;
      this.#isReading = this.#push(bytes);
    }
    if (this.#tellAt !== undefined && this.takenBytes >= this.#tellAt) {
      this.#tellAt = undefined;
      this.isToTell = true;
    }
    if (!this.#hasEnd || this.#isEndRead || this.#waiting.length > 0) return;
    this.#isEndRead = true;
    this.#push(null);
  }
}
