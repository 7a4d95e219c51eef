import { BATCH_DATAGRAMS, DATAGRAM_WORDS, type UdpBatchSocket, datagramWords } from "../../../ipc/udp-batch.ts";
import { systemCode } from "../../error.ts";
import { MAX_DATAGRAMS_QUEUED, MAX_UDP_BYTES } from "../../limits.ts";
import { Waiters } from "../../waiters.ts";
import { isOfBefore } from "../datagram.ts";

/** Datagrams that leave together at most: the peer works on these while the next are made. */
const OUTBOX_DATAGRAMS = BATCH_DATAGRAMS / 2;
/** Bytes of the datagrams that leave together: more than the longest one has. */
const OUTBOX_BYTES = 2 * MAX_UDP_BYTES;

type Failed = ((error: Error) => void) | undefined;

/** What waits until the end of the tick: of one socket at a time, so that those which send nothing hold nothing. */
const outbox = {
  owner: undefined as UdpSender | undefined,
  bytes: new Uint8Array(0),
  words: new Uint32Array(OUTBOX_DATAGRAMS * DATAGRAM_WORDS),
  failed: [] as Failed[],
  count: 0,
  length: 0,
  isDue: false,
};

function leaveAtEndOfTick(): void {
  outbox.isDue = false;
  outbox.owner?.leave();
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly route: Uint32Array;
  readonly failed: Failed;
}

/** What hears of a sender's trouble. */
export interface SenderEvents {
  /** A datagram before was refused, as the peer's host tells (ICMP). */
  lost(error: Error): void;
  /** The system has no room: `ready` is to be called when it has. */
  blocked(): void;
}

/** Sends the datagrams of one socket: those of one tick by a few calls of the kernel, in their order. */
export class UdpSender {
  readonly #socket: UdpBatchSocket;
  readonly #events: SenderEvents;
  readonly #isConnected: boolean;
  /** What the system had no room for. */
  #waiting: Waiting[] = [];
  readonly #flushed = new Waiters();
  /** What has waited is on its way: that some of it has left is not all. */
  #isResending = false;

  constructor(socket: UdpBatchSocket, isConnected: boolean, events: SenderEvents) {
    this.#socket = socket;
    this.#isConnected = isConnected;
    this.#events = events;
  }

  get hasRoom(): boolean {
    return this.#waiting.length < MAX_DATAGRAMS_QUEUED;
  }

  get isBlocked(): boolean {
    return this.#waiting.length > 0;
  }

  /** Copies a message of `MAX_UDP_BYTES` at most. @param route the words of its way, from `family` on */
  send(message: Uint8Array, route: Uint32Array, failed: Failed): void {
    if (outbox.owner !== this) {
      outbox.owner?.leave();
      outbox.owner = this;
    }
    if (outbox.length + message.length > OUTBOX_BYTES) this.leave();
    if (this.#waiting.length > 0) {
      this.#waiting.push({ bytes: message.slice(), route, failed });
      return;
    }
    this.#put(message, route, failed);
    if (outbox.count === OUTBOX_DATAGRAMS) this.leave();
    else if (!outbox.isDue) {
      outbox.isDue = true;
      process.nextTick(leaveAtEndOfTick);
    }
  }

  #put(message: Uint8Array, route: Uint32Array, failed: Failed): void {
    if (outbox.bytes.length === 0) outbox.bytes = new Uint8Array(OUTBOX_BYTES);
    const { bytes, words, count, length } = outbox;
    const at = count * DATAGRAM_WORDS;
    words.set(route, at);
    words[at + datagramWords.at] = length;
    words[at + datagramWords.size] = message.length;
    bytes.set(message, length);
    outbox.failed[count] = failed;
    outbox.count = count + 1;
    outbox.length = length + message.length;
  }

  /** Sends what is in the outbox, which is this sender's. */
  leave(): void {
    if (outbox.owner !== this || outbox.count === 0) return;
    const { bytes, words, failed, count: end } = outbox;
    let losses: Error[] | undefined;
    let failures: [Failed, Error][] | undefined;
    let isAgain = false;
    for (let first = 0; first < end;) {
      try {
        const sent = this.#socket.sendBatch(bytes, words, first, end);
        isAgain = false;
        if (sent === 0) {
          this.#keep(first);
          break;
        }
        first += sent;
      } catch (caught) {
        const error = caught as Error;
        const isOfOther = this.#isConnected && isOfBefore(error);
        if (isOfOther) (losses ??= []).push(error);
        if (isOfOther && !isAgain) {
          isAgain = true;
          continue;
        }
        if (!isAsLostOnTheWay(error)) (failures ??= []).push([failed[first], error]);
        isAgain = false;
        first++;
      }
    }
    outbox.count = 0;
    outbox.length = 0;
    // Later: who is told may send again, and the outbox is somebody's who is about to use it.
    if (losses !== undefined || failures !== undefined) queueMicrotask(() => { this.#tell(losses, failures); }); // prettier-ignore
    if (this.#waiting.length > 0) this.#events.blocked();
    else if (!this.#isResending) this.#flushed.resolve();
  }

  #tell(losses: readonly Error[] = [], failures: readonly [Failed, Error][] = []): void {
    for (const error of losses) this.#events.lost(error);
    for (const [tell, error] of failures) tell?.(error);
  }

  /** Takes what has not left out of the outbox. */
  #keep(first: number): void {
    const { bytes, words, failed, count } = outbox;
    for (let i = first; i < count; i++) {
      const at = i * DATAGRAM_WORDS;
      const begin = words[at + datagramWords.at] ?? 0;
      const size = words[at + datagramWords.size] ?? 0;
      this.#waiting.push({
        bytes: bytes.slice(begin, begin + size),
        route: words.slice(at, at + DATAGRAM_WORDS),
        failed: failed[i],
      });
    }
  }

  /** There is room again. */
  ready(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isResending = true;
    for (const { bytes, route, failed } of waiting) this.send(bytes, route, failed);
    this.leave();
    this.#isResending = false;
    if (this.#waiting.length === 0) this.#flushed.resolve();
  }

  /** Resolves when the system has taken all. */
  flush(): Promise<void> {
    this.leave();
    return this.#waiting.length === 0 ? Promise.resolve() : this.#flushed.wait();
  }

  /** What has not left is lost. */
  close(): void {
    this.leave();
    this.#waiting = [];
    if (outbox.owner === this) outbox.owner = undefined;
    this.#flushed.resolve();
  }
}

/** Twice in the way of others' refusals, it is as good as refused itself. What a device has no room for is sent again as what got lost. */
function isAsLostOnTheWay(error: Error): boolean {
  const code = systemCode(error);
  return code === "ECONNREFUSED" || code === "ENOBUFS";
}
