/** What becomes of calls over datagrams whose peer does not listen: its host says so (ICMP), or nothing comes at all. */
import {
  DEFAULT_REFUSED_TIMEOUT_MS,
  MAX_TIMER_MS,
  REFUSED_RETRY_MS,
  RENEWAL_INTERVAL_MS,
  SILENT_TRANSMISSIONS,
  checkTimeout,
} from "./limits.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { tryTimeoutMs } from "./retransmission.ts";

/** What it does to the connection. None of these throws. */
export interface WatchedCalls {
  /** Those that wait for their reply. */
  all(): OutgoingCall[];
  /** Sends one again. */
  again(call: OutgoingCall): void;
  giveUp(call: OutgoingCall, error: Error): void;
  /** Looks for another address of the peer, and goes there where it is allowed to. */
  renew(isAllowed: () => boolean): void;
}

/**
 * The system does not say which datagram was refused, nor does a refusal mean that there will be no server in a second: a server that restarts
 * refuses, too. So each call goes on for a time, in which it is sent again, ever more seldom. A call ends at a refusal, and not by this
 * clock: what is refused no longer may be running.
 */
export class DatagramWatch {
  readonly #timeoutMs: number;
  readonly #calls: WatchedCalls;
  /** The last refusal behind which nothing has come from the peer. */
  #refusal: Error | undefined;
  #refusedAtMs = -Infinity;
  #heardAtMs = -Infinity;
  #renewedAtMs = -Infinity;
  /** Rounds of refusals in a row. */
  #rounds = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs how long a call goes on that is refused. Throws a `RangeError` for what is no time. */
  constructor(timeoutMs: number | undefined, calls: WatchedCalls) {
    this.#timeoutMs = timeoutMs ?? DEFAULT_REFUSED_TIMEOUT_MS;
    checkTimeout(this.#timeoutMs, "refusedTimeoutMs");
    this.#calls = calls;
  }

  /** Something has come from the peer. */
  heard(): void {
    this.#heardAtMs = performance.now();
    if (this.#refusal === undefined) return;
    this.#refusal = undefined;
    this.#rounds = 0;
    for (const call of this.#calls.all()) call.refusedAtMs = undefined;
  }

  /** Something that was sent has been refused. */
  refused(error: Error): void {
    const now = performance.now();
    this.#refusal = error;
    this.#refusedAtMs = now;
    if (this.#timer !== undefined) return; // of the same round, as each of the calls is refused
    let waiting = 0;
    let leftMs = Infinity;
    for (const call of this.#calls.all()) {
      if (call.transport === undefined) continue;
      call.refusedAtMs ??= now;
      const callLeftMs = call.refusedAtMs + this.#timeoutMs - now;
      if (callLeftMs > 0) {
        waiting++;
        leftMs = Math.min(leftMs, callLeftMs);
      } else this.#calls.giveUp(call, error);
    }
    this.#renewAtTimes();
    if (waiting === 0) return;
    const waitMs = Math.min(tryTimeoutMs(REFUSED_RETRY_MS, ++this.#rounds), leftMs);
    // The calls that it is for have timers of their own, which keep the process.
    this.#timer = setTimeout(this.#again, Math.min(Math.ceil(waitMs), MAX_TIMER_MS)).unref();
  }

  readonly #again = (): void => {
    this.#timer = undefined;
    this.#renew();
    for (const call of this.#calls.all()) {
      if (call.transport === undefined || call.lastSentAtMs > this.#refusedAtMs) continue;
      call.refusals++;
      this.#calls.again(call);
    }
  };

  /** A call is about to be sent again, or has been waited for in vain: where nothing at all has come since, its server may be elsewhere. */
  silent({ sentAtMs, transmissions }: OutgoingCall, isOver: boolean): void {
    if (this.#heardAtMs < sentAtMs && (isOver || transmissions >= SILENT_TRANSMISSIONS)) this.#renewAtTimes();
  }

  #renewAtTimes(): void {
    if (performance.now() - this.#renewedAtMs >= RENEWAL_INTERVAL_MS && this.#mayMove()) this.#renew();
  }

  #renew(): void {
    this.#renewedAtMs = performance.now();
    this.#calls.renew(this.#mayMove);
  }

  /** Who is silent may be running what it was sent: another server must not run it too. Who refuses runs nothing. */
  readonly #mayMove = (): boolean =>
    this.#refusal !== undefined ||
    this.#calls.all().every(({ transport, settings }) => transport === undefined || settings.isIdempotent);

  /** Why a call has no reply: `last`, where that holds for its last datagram, too. */
  refusalOf({ sentAtMs, lastSentAtMs }: OutgoingCall): { readonly error: Error; readonly last: boolean } | undefined {
    if (this.#refusal === undefined || this.#refusedAtMs < sentAtMs) return undefined;
    return { error: this.#refusal, last: this.#refusedAtMs >= lastSentAtMs };
  }

  /** The peer has another address: what the one before refused is of no interest. */
  moved(): void {
    this.stop();
    this.heard();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
