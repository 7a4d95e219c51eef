/** A call that waits for its reply. */
import type { XdrWriter } from "../xdr/index.ts";
import type { AuthChannel, ClientAuth } from "./auth/flavor.ts";
import { type CallToWrite, writeCall } from "./call-message.ts";
import type { Deadlined } from "./deadlines.ts";
import type { ClientCallEvent } from "./diagnostics.ts";
import { type RpcError } from "./error.ts";
import { MAX_TIMER_MS } from "./limits.ts";
import type { RpcProcedure } from "./procedure.ts";
import { listen, stopListening } from "./signals.ts";
import type { Transport } from "./transport/transport.ts";

/** How a call ends. */
export interface CallOutcome {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

/** What a call is made with, its defaults filled in. */
export interface CallSettings {
  readonly auth: ClientAuth;
  readonly timeoutMs: number;
  /** Undefined: the round trip decides. */
  readonly tryTimeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly isIdempotent: boolean;
  /** It waits for no reply: it ends when it is sent. */
  readonly isOneWay: boolean;
}

export class OutgoingCall implements CallToWrite, Deadlined {
  readonly procedure: RpcProcedure<unknown, unknown>;
  readonly channel: AuthChannel;
  readonly settings: CallSettings;
  readonly outcome: CallOutcome;
  xid: number;
  authState: unknown;
  /** The encoded arguments, where the call may be sent more than once, or later. */
  body: Uint8Array | undefined;
  /** What it was sent over last; undefined where it was not sent yet. */
  transport: Transport | undefined;
  transmissions = 0;
  /** When it was sent first, over datagrams. */
  sentAtMs = 0;
  /** When it was sent last, over datagrams. */
  lastSentAtMs = 0;
  /** Transmissions of those that were made since the one before was refused. */
  refusals = 0;
  /** The first refusal behind which nothing has come from the peer. */
  refusedAtMs: number | undefined;
  refreshes = 0;
  /** Its credentials were rejected, and its flavor looks for others: what comes and goes meanwhile is of no interest. */
  isRefreshing = false;
  /** Where someone listens. */
  event: ClientCallEvent | undefined;
  /** It is over, however it ended. */
  isSettled = false;
  deadline: Deadlined["deadline"];
  #nextTry: NodeJS.Timeout | undefined;
  #abort: (() => void) | undefined;

  constructor(
    xid: number,
    procedure: RpcProcedure<unknown, unknown>,
    channel: AuthChannel,
    settings: CallSettings,
    outcome: CallOutcome,
  ) {
    this.xid = xid;
    this.procedure = procedure;
    this.channel = channel;
    this.settings = settings;
    this.outcome = outcome;
  }

  /** Listens to the signal. */
  watch(signal: AbortSignal, abort: () => void): void {
    this.#abort = abort;
    listen(signal, abort);
  }

  /** Calls `again` after a time, unless the call is over before, or that was asked for anew. */
  tryAgainAfter(ms: number, again: () => void): void {
    clearTimeout(this.#nextTry);
    // A datagram that the system does not take ends the call at once.
    if (this.isSettled) return;
    // Node has a list of timers for each duration: by whole milliseconds many calls share one.
    this.#nextTry = setTimeout(again, Math.min(Math.ceil(ms), MAX_TIMER_MS));
  }

  /** Ends tries and listening. */
  release(): void {
    this.isSettled = true;
    if (this.#nextTry !== undefined) clearTimeout(this.#nextTry);
    const { signal } = this.settings;
    if (signal !== undefined && this.#abort !== undefined) stopListening(signal, this.#abort);
  }

  /** Writes the message, for each transmission anew. `args` are those that are not encoded yet. */
  write(w: XdrWriter, args?: unknown): void {
    writeCall(w, this, this.settings.auth, args);
  }
}
