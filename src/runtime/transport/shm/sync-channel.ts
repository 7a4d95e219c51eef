import { performance } from "node:perf_hooks";
import type { Bell } from "../../../ipc/bell.ts";
import { type Spinner, newSpinner } from "../../../ipc/spinner.ts";
import { RpcAddress } from "../../address.ts";
import { SHM_LOOK_US, SYNC_MAX_UNREAD_MESSAGES, SYNC_STEP_MS } from "../../limits.ts";
import type { RecordLimits } from "../record-marking.ts";
import { PeerClosed, type SyncChannel } from "../sync-channel.ts";
import { type ShmChannel, closeChannel } from "./channel.ts";
import { Gap } from "./gap.ts";
import { Inbox } from "./inbox.ts";
import { type ShmView, viewOf } from "./layout.ts";
import { Outbox } from "./outbox.ts";

/** Rings that are heard in one look at whether the peer is there: who rings without end has not gone. */
const MAX_RINGS = 1000;

/** A client's end of a shm connection whose thread waits: it looks for a reply, then sleeps until the bell is rung. */
export class SyncShmChannel implements SyncChannel {
  readonly netid = "shm";
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #channel: ShmChannel;
  readonly #view: ShmView;
  readonly #bell: Bell;
  readonly #spinner: Spinner;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #gap: Gap;
  readonly #lookUs: number;
  /** Records that nobody has received yet, each in memory of its own. */
  readonly #unread: Uint8Array[] = [];
  /** Bytes that are read still: once the peer has gone, a ring's, as it may write to the memory all the same. */
  #left = Infinity;

  /** @param channel is this one's from here on */
  constructor(channel: ShmChannel, records: RecordLimits, busyPollUs: number | undefined) {
    const { mapping, ringBytes, end, path, socket } = channel;
    this.peer = RpcAddress.sameHost("shm", path);
    this.maxMessageBytes = records.maxSentBytes ?? records.maxBytes;
    this.#channel = channel;
    this.#view = viewOf(mapping.buffer, ringBytes, end);
    this.#bell = socket.bell();
    this.#inbox = new Inbox(this.#view, this.#bell, records);
    const { own, peer } = this.#view;
    const processors = { ownProcessor: own.processor, peerProcessor: peer.processor };
    this.#spinner = newSpinner(mapping, { word: peer.written, ...processors });
    this.#outbox = new Outbox(this.#view, this.#bell, () => newSpinner(mapping, { word: peer.taken, ...processors }));
    this.#spinner.spin(0, 0); // it publishes the processor
    this.#gap = new Gap(busyPollUs !== undefined);
    this.#lookUs = busyPollUs ?? SHM_LOOK_US;
  }

  send(message: Uint8Array, untilMs: number): boolean {
    return this.#outbox.send(message) || this.#sendRest(untilMs);
  }

  /** What comes meanwhile is read, too: a server whose replies find no room reads no further calls. */
  #sendRest(untilMs: number): boolean {
    for (;;) {
      while (this.#read());
      this.#outbox.pump();
      if (this.#outbox.isEmpty) return true;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      this.#sleep(leftMs);
      if (this.#left !== Infinity) throw new PeerClosed();
    }
  }

  receive(untilMs: number, nowMs: number): Uint8Array | undefined {
    for (let leftMs = Math.max(0, untilMs - nowMs); ; leftMs = untilMs - performance.now()) {
      const record = this.#next();
      if (record !== undefined || leftMs < 0) return record;
      if (this.#left !== Infinity) throw new PeerClosed();
      if (leftMs === 0) return undefined;
      this.#wait(leftMs);
    }
  }

  /** The next record, of what is there. Throws a `ShmCorruptError`, a `RecordError`. */
  #next(): Uint8Array | undefined {
    for (;;) {
      const record = this.#unread.shift();
      if (record !== undefined || !this.#read()) return record;
    }
  }

  /** Reads a piece. @returns false where there is nothing */
  #read(): boolean {
    if (this.#left <= 0) return false;
    const bytes = this.#inbox.read(this.#left, this.#take);
    this.#left -= bytes;
    return bytes > 0;
  }

  /** Looks for what comes, and sleeps where it does not, for a step at most. */
  #wait(leftMs: number): void {
    const isWorthIt = this.#gap.isWorthIt;
    const lookUs = isWorthIt ? Math.min(this.#lookUs, Math.ceil(leftMs * 1000)) : 0;
    if (isWorthIt) {
      const spunUs = this.#spinner.spin(this.#inbox.ring.position, lookUs);
      if (spunUs >= 0) {
        this.#gap.answered(spunUs);
        return;
      }
    }
    const startMs = performance.now();
    this.#sleep(leftMs - lookUs / 1000);
    this.#gap.answered(lookUs + (performance.now() - startMs) * 1000);
  }

  /** Sleeps until there is something to read, room for what is to be sent, or the peer's end, for a step at most. */
  #sleep(leftMs: number): void {
    if (!this.#inbox.ring.sleep()) return;
    this.#hear(Math.min(Math.max(0, leftMs), SYNC_STEP_MS));
    this.#inbox.ring.wake();
  }

  /** @returns whether there was a ring; the peer's end is noted */
  #hear(timeoutMs: number): boolean {
    const heard = this.#bell.hearSync(timeoutMs);
    if (heard !== undefined) return heard;
    if (this.#left === Infinity) this.#left = this.#view.incoming.length;
    return false;
  }

  isAlive(): boolean {
    for (let rings = 0; rings < MAX_RINGS && this.#hear(0); rings++);
    return this.#left === Infinity;
  }

  close(): void {
    this.#inbox.records.abandon();
    this.#outbox.abandon();
    this.#spinner.close();
    closeChannel(this.#channel);
  }

  readonly #take = (record: Uint8Array): void => {
    this.#unread.push(record);
    if (this.#unread.length > SYNC_MAX_UNREAD_MESSAGES) this.#unread.shift();
  };
}
