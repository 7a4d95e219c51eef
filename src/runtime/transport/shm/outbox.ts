/** What is sent over a shm connection: into the ring, and what there is no room for, into a queue. */
import type { Bell } from "../../../ipc/bell.ts";
import { Waiters } from "../../waiters.ts";
import { frameRecord, recordMark } from "../record-marking.ts";
import { SLEEPS, type ShmView, WANTS_ROOM } from "./layout.ts";
import { RingWriter } from "./rings.ts";

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

  constructor(view: ShmView, bell: Bell) {
    this.#view = view;
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

  /** Puts a message, or queues it. @returns whether the ring has taken all. Throws a `ShmCorruptError`. */
  send(message: Uint8Array): boolean {
    if (this.isEmpty && this.#writer.hasRoom(message.length + 4)) {
      this.#writer.putWord(recordMark(message.length));
      this.#writer.put(message);
      this.#putBytes += message.length + 4;
      this.#publish();
    } else {
      this.#queue.push(frameRecord(message));
      this.pump();
    }
    return this.isEmpty;
  }

  /** Puts what there is room for. Throws a `ShmCorruptError`. */
  pump(): void {
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
    this.#flushed.resolve();
  }

  /** Resolves when the queue is empty. */
  flush(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return this.#flushed.wait();
  }

  /** Forgets what is queued. */
  abandon(): void {
    this.#queue = [];
    this.#flushed.reject(new Error("the connection has ended"));
  }

  /** What was put can be read, and the peer is woken where it sleeps. */
  #publish(): void {
    this.#writer.publish();
    wakePeer(this.#view, this.#bell, SLEEPS);
  }
}
