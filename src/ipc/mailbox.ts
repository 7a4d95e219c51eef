/**
 * Mailboxes: messages between processes that know a name, not each other.
 * @module
 */
import { DEFAULT_MAILBOX_BYTES, DEFAULT_MAILBOX_MAX_BYTES } from "./limits.ts";
import { findMailbox, makeMailbox, unlinkMailbox, type MailboxCapacity, type MailboxPlace } from "./mailbox-place.ts";
import { movedInto, type IntoOptions } from "./into.ts";
import { Rendezvous } from "./rendezvous.ts";
import { Ring } from "./ring.ts";
import type { RingDeath } from "./ring-death.ts";
import { systemError } from "./system-error.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

export interface MailboxOptions {
  /** Makes it where there is none. The options below are those of a new one. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /** Permissions, less the umask: who may write may send and receive. Default 0o600: its owner alone. */
  mode?: number | undefined;
  /**
   * What it holds. `0`: nothing, a send is over when a receiver has taken the message. `{ bytes }` (each message takes its
   * length, filled up to 8, and 8) or `{ messages }`. `"unbounded"`: what comes, in a file, which has no more pages than
   * were needed since it was last empty. Default 65536 bytes.
   */
  capacity?: MailboxCapacity | undefined;
  /** Bytes of the longest message. Default: what fits; 8192 where the capacity is 0 or in messages. */
  maxMessageBytes?: number | undefined;
  /** Bytes at which an unbounded one is full all the same. Default 1 GiB. */
  maxBytes?: number | undefined;
  /** Where the file of an unbounded one lies. Default: the system's folder for temporary files. */
  directory?: string | undefined;
}

/** Bytes that pass an unbounded mailbox until, the next time that it is empty, its file's pages are given back. */
const trimAfterBytes = 1_048_576;

/**
 * A mailbox: several senders, several receivers, each message to exactly one of them, those of one sender in their order.
 * It lives until it is unlinked. A process that is killed holds nobody up: see {@link deaths}.
 *
 * Errors as those of {@link Ring}: `RING_CORRUPT`, `EMSGSIZE`, `EBADF`; waits: `ETIMEDOUT`, `ECANCELED` by `close`.
 */
export class Mailbox implements Disposable {
  readonly maxMessageBytes: number;
  readonly #place: MailboxPlace;
  readonly #ring: Ring;
  readonly #rendezvous: Rendezvous | undefined;
  readonly #closing = new AbortController();
  #cached: Promise<void> | undefined;
  #passedBytes = 0;

  private constructor(place: MailboxPlace) {
    this.#place = place;
    this.#ring = Ring.open(place.mapping, { offset: place.offset });
    this.#rendezvous = place.rendezvous ? new Rendezvous(this.#ring) : undefined;
    this.maxMessageBytes = Math.min(place.maxMessageBytes, this.#ring.maxRecordBytes);
  }

  /**
   * @param name 1 to 200 characters, no `/`
   * @throws `ENOENT` (none of this name, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `RING_CORRUPT`
   */
  static open(name: string, options: MailboxOptions = {}): Mailbox {
    const { create = false, exclusive = false, mode = 0o600 } = options;
    const {
      capacity = { bytes: DEFAULT_MAILBOX_BYTES },
      maxBytes = DEFAULT_MAILBOX_MAX_BYTES,
      maxMessageBytes,
      directory,
    } = options;
    if (create) {
      try {
        makeMailbox(name, { capacity, maxBytes, maxMessageBytes, directory, mode });
      } catch (error) {
        if (exclusive || (error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
    const place = findMailbox(name);
    try {
      return new Mailbox(place);
    } catch (error) {
      place.mapping.close();
      throw error;
    }
  }

  /** Removes the name; who has it open goes on. @throws `ENOENT`, `EACCES` */
  static unlink(name: string): void {
    unlinkMailbox(name);
  }

  /** Messages in it; of one without capacity, those that senders offer. */
  get length(): number {
    return this.#ring.length;
  }

  /** Sends at once. @returns false where there is no room; without capacity: where no receiver waits */
  trySend(bytes: Uint8Array): boolean {
    this.#check(bytes);
    return this.#rendezvous?.trySend(bytes) ?? this.#ring.tryPush(bytes);
  }

  /** Sends as soon as there is room; without capacity: until a receiver has taken it. */
  async send(bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    this.#check(bytes);
    if (this.#rendezvous === undefined) return this.#ring.push(bytes, options);
    const { signal = this.#closing.signal } = options;
    return this.#rendezvous.send(bytes, { ...options, signal: AbortSignal.any([signal, this.#closing.signal]) });
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, options: SyncWaitOptions = {}): void {
    this.#check(bytes);
    if (this.#rendezvous === undefined) this.#ring.pushSync(bytes, options);
    else this.#rendezvous.sendSync(bytes, options);
  }

  /**
   * Sends at once, or keeps one message, a copy, which goes in as soon as there is room: {@link cached} tells when.
   * @returns "refused" where one is kept already
   */
  cacheSend(bytes: Uint8Array): "sent" | "cached" | "refused" {
    if (this.#cached !== undefined) return "refused";
    if (this.trySend(bytes)) return "sent";
    const sending = this.send(bytes.slice()).finally(() => (this.#cached = undefined));
    // Who does not ask has no use for the error.
    sending.catch(() => undefined);
    this.#cached = sending;
    return "cached";
  }

  /** Of the message that {@link cacheSend} keeps: resolves when it went in. `undefined` where none is kept. */
  get cached(): Promise<void> | undefined {
    return this.#cached;
  }

  /**
   * A message that is there now, or `undefined`.
   * @throws as {@link receiveSync}
   */
  tryReceive({ into }: IntoOptions = {}): Uint8Array | undefined {
    if (this.#rendezvous === undefined) return this.#received(this.#ring.tryPop({ into }));
    this.#checkSpace(into);
    const bytes = this.#rendezvous.tryReceive();
    return bytes === undefined ? undefined : taken(bytes, into);
  }

  /** A message, as soon as one is there. Rejects as {@link receiveSync} throws. */
  async receive(options: IntoOptions & WaitOptions = {}): Promise<Uint8Array> {
    if (this.#rendezvous === undefined) return this.#received(await this.#ring.pop(options));
    this.#checkSpace(options.into);
    return taken(await this.#rendezvous.receive(options), options.into);
  }

  /**
   * {@link receive}, with the thread waiting.
   * @throws `EMSGSIZE` where the message is longer than `into`; it stays. RangeError where `into` is shorter than
   *   `maxMessageBytes` in a mailbox without capacity
   */
  receiveSync(options: IntoOptions & SyncWaitOptions = {}): Uint8Array {
    if (this.#rendezvous === undefined) return this.#received(this.#ring.popSync(options));
    this.#checkSpace(options.into);
    return taken(this.#rendezvous.receiveSync(options), options.into);
  }

  /**
   * Senders and receivers whose process has ended without closing it, each told once. What one of them has offered to a
   * mailbox without capacity can still be received.
   */
  deaths(): RingDeath[] {
    return this.#ring.deaths();
  }

  get closed(): boolean {
    return this.#ring.closed;
  }

  /** Who waits in this process is rejected with `ECANCELED`, a message that is kept is lost. A second call does nothing. */
  close(): void {
    if (this.#ring.closed) return;
    this.#closing.abort(systemError("ECANCELED", "futex"));
    try {
      this.#rendezvous?.close();
    } catch {
      // The memory holds no ring any more, so there is no offer either.
    }
    this.#ring.close();
    this.#place.mapping.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #check(bytes: Uint8Array): void {
    if (bytes.length > this.maxMessageBytes) throw systemError("EMSGSIZE", "ring");
  }

  /** Of one without capacity, where a message is gone once it is taken. */
  #checkSpace(into: Uint8Array | undefined): void {
    if (into !== undefined && into.length < this.maxMessageBytes)
      throw new RangeError(`into must have room for ${String(this.maxMessageBytes)} bytes`);
  }

  #received<T extends Uint8Array | undefined>(bytes: T): T {
    if (bytes === undefined || !this.#place.unbounded) return bytes;
    this.#passedBytes += bytes.length;
    if (this.#passedBytes >= trimAfterBytes && this.#ring.length === 0) {
      this.#passedBytes = 0;
      this.#ring.native.trim();
    }
    return bytes;
  }
}

function taken(bytes: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  return into === undefined ? bytes : movedInto(into, bytes);
}
