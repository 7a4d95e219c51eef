/** What is sent over a shm connection: into the ring, and what there is no room for, into a queue. */
import type { Bell } from "../../../ipc/bell.ts";
import type { Spinner } from "../../../ipc/spinner.ts";
import { SHM_LOOK_US, SHM_PIECE_BYTES, SHM_ROOM_LOOK_US } from "../../limits.ts";
import { Waiters } from "../../waiters.ts";
import { frameRecord, recordMark } from "../record-marking.ts";
import { SLEEPS, type ShmView, WANTS_ROOM } from "./layout.ts";
import { RingWriter } from "./rings.ts";

const MARK_BYTES = 4;

/** Rings at the peer where it waits for what was done. */
export function wakePeer({ words, peer }: ShmView, bell: Bell, waits: number): void {
  if ((Atomics.load(words, peer.state) & waits) === 0) return;
  // Whoever takes the bit away rings.
  if ((Atomics.and(words, peer.state, ~waits) & waits) !== 0) bell.ring();
}

export class Outbox {
  readonly #view: ShmView;
  readonly #bell: Bell;
  readonly #writer: RingWriter;
  /** Records, or the rest of one, for which there is no room yet. */
  #queue: Uint8Array[] = [];
  #putBytes = 0;
  readonly #flushed = new Waiters();

  /** Looks at what the peer takes, once the ring was full. */
  #spinner: Spinner | undefined;
  readonly #newSpinner: () => Spinner;
  /** Whether that is worth it: the peer has made room when it was looked for last. */
  #looks = true;

  /** @param newSpinner of the word that says how much the peer has taken */
  constructor(view: ShmView, bell: Bell, newSpinner: () => Spinner) {
    this.#view = view;
    this.#newSpinner = newSpinner;
    this.#bell = bell;
    this.#writer = new RingWriter(view);
  }

  /** Whether the ring has taken all. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Bytes that the ring has taken since the beginning. */
  get putBytes(): number {
    return this.#putBytes;
  }

  /** Puts a message, or queues what there is no room for. @returns whether the ring has taken all. Throws a `ShmCorruptError`. */
  send(message: Uint8Array): boolean {
    const { length } = message;
    if (this.isEmpty && this.#writer.hasRoom(length + MARK_BYTES)) {
      this.#writer.putWord(recordMark(length));
      this.#writer.put(message);
      this.#putBytes += length + MARK_BYTES;
      this.#publish();
      return true;
    }
    if (this.isEmpty && this.#writer.hasRoom(MARK_BYTES)) {
      this.#writer.putWord(recordMark(length));
      this.#putBytes += MARK_BYTES;
      const rest = message.subarray(this.#putPieces(message, true));
      if (rest.length === 0) return true;
      this.#queue.push(Buffer.from(rest));
    } else this.#queue.push(frameRecord(message));
    this.#pump(false);
    return this.isEmpty;
  }

  /** There may be room: puts what it takes. Throws a `ShmCorruptError`. */
  pump(): void {
    this.#pump(true);
  }

  #pump(looks: boolean): void {
    const { words, own } = this.#view;
    for (let asked = false; ;) {
      const [first] = this.#queue;
      if (first === undefined) break;
      const put = this.#putPieces(first, looks);
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
    this.#flushed.resolve();
  }

  /** Puts bytes in pieces, so that the peer reads the one while the next is put. @returns how many: the rest waits for the bell */
  #putPieces(bytes: Uint8Array, looks: boolean): number {
    let endMs: number | undefined;
    for (let at = 0; ;) {
      const put = this.#writer.putSome(bytes.subarray(at, at + SHM_PIECE_BYTES));
      at += put;
      if (put > 0) {
        this.#putBytes += put;
        this.#publish();
        this.#looks = true;
        if (at === bytes.length) return at;
      }
      if (this.#writer.room > 0) continue;
      if (!looks) return at;
      endMs ??= performance.now() + SHM_ROOM_LOOK_US / 1000;
      if (!this.#looksForRoom(endMs)) return at;
    }
  }

  /** Whether the peer makes room soon. It is looked for as long as it does, and until then. */
  #looksForRoom(endMs: number): boolean {
    if (!this.#looks) return false;
    this.#spinner ??= this.#newSpinner();
    this.#looks = this.#spinner.spin(this.#writer.taken, SHM_LOOK_US) >= 0;
    return this.#looks && performance.now() < endMs;
  }

  /** Resolves when the queue is empty. */
  flush(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return this.#flushed.wait();
  }

  /** Forgets what is queued, and lets go of the memory. Nothing is sent any more. */
  abandon(): void {
    this.#queue = [];
    this.#looks = false;
    this.#spinner?.close();
    this.#flushed.reject(new Error("the connection has ended"));
  }

  /** What was put can be read, and the peer is woken where it sleeps. */
  #publish(): void {
    this.#writer.publish();
    wakePeer(this.#view, this.#bell, SLEEPS);
  }
}
