/** A call that waits for its reply. */
import type { XdrWriter } from "../xdr/index.ts";
import type { AuthChannel } from "./auth/flavor.ts";
import { type CallToWrite, writeCall } from "./call-message.ts";
import type { CallSettings } from "./call-settings.ts";
import type { Deadlined } from "./deadlines.ts";
import type { ClientCallEvent } from "./diagnostics.ts";
import { type RpcError } from "./error.ts";
import type { RpcProcedure } from "./procedure.ts";
import { listen, stopListening } from "./signals.ts";
import type { Transport } from "./transport/transport.ts";
import type { Tried } from "./tries.ts";

/** How a call ends. */
export interface CallOutcome {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

export class OutgoingCall implements CallToWrite, Deadlined, Tried {
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
  nextTryAtMs: number = Infinity;
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

  /** Ends the listening. */
  release(): void {
    this.isSettled = true;
    const { signal } = this.settings;
    if (signal !== undefined && this.#abort !== undefined) stopListening(signal, this.#abort);
  }

  /** Writes the message, for each transmission anew. `args` are those that are not encoded yet. */
  write(w: XdrWriter, args?: unknown): void {
    writeCall(w, this, this.settings.auth, args);
  }
}
