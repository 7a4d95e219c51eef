import { performance } from "node:perf_hooks";
import { type XdrWriter, encode } from "../../xdr/index.ts";
import type { RpcAddress, TransportName } from "../address.ts";
import type { AuthChannel } from "../auth/flavor.ts";
import { authNone } from "../auth/none.ts";
import { ended } from "../call-table.ts";
import { writeCall } from "../call-message.ts";
import { type ConnectionStats, checkConnectionOptions } from "../connection-options.ts";
import { type ClientCallEvent, clientCalls } from "../diagnostics.ts";
import { RpcError, type RpcErrorCode, type RpcErrorDetails, reason } from "../error.ts";
import { DEFAULT_RECONNECT_ATTEMPTS, DEFAULT_REFUSED_TIMEOUT_MS, DEFAULT_TIMEOUT_MS, checkTimeout } from "../limits.ts";
import type { RpcProcedure } from "../procedure.ts";
import type { ResultReading } from "../reply.ts";
import { RoundTripTime } from "../retransmission.ts";
import type { SyncChannel } from "../transport/sync-channel.ts";
import { WriterPool } from "../writer-pool.ts";
import { ChannelLost, type ExchangeBase, SyncCall, type SyncCallSettings, exchange } from "./exchange.ts";
import { SyncLink, type SyncReconnector } from "./link.ts";
import type { SyncCallOptions, SyncConnectionOptions } from "./options.ts";

/**
 * One connection whose calls block the thread: neither timers nor handlers of the thread run meanwhile, those of signals included. One call goes
 * on at a time. What the server calls back is dropped.
 */
export class RpcSyncConnection implements Disposable {
  readonly #link: SyncLink;
  readonly #options: SyncConnectionOptions;
  readonly #base: ExchangeBase;
  readonly #writers: WriterPool;
  /** For what flavors keep of a connection. Those that make calls of their own are refused. */
  readonly #channel: AuthChannel = {
    call: () => Promise.reject(new Error("a blocking connection makes no calls with promises")),
  };
  // Random, so that a restarted client's calls are not taken for repetitions of its last ones.
  #xid = Math.floor(Math.random() * 0x1_0000_0000);
  #calls = 0;
  #retransmissions = 0;
  #strayReplies = 0;
  #tolerated = 0;
  #isClosed = false;

  /** @param reconnector where there is one, a connection that is lost is made again when a call needs it. Throws a `RangeError` for an option that is none. */
  constructor(channel: SyncChannel, options: SyncConnectionOptions = {}, reconnector?: SyncReconnector) {
    checkConnectionOptions(options);
    this.#options = options;
    this.#link = new SyncLink(channel, reconnector);
    this.#writers = new WriterPool({ maxBytes: channel.maxMessageBytes });
    const reading: ResultReading = {
      strictness: options.xdr ?? "tolerant",
      tolerated: (times) => {
        this.#tolerated += times;
      },
    };
    this.#base = {
      reading,
      roundTrip: new RoundTripTime(),
      refusedTimeoutMs: options.refusedTimeoutMs ?? DEFAULT_REFUSED_TIMEOUT_MS,
      nextXid: () => (this.#xid = (this.#xid + 1) >>> 0),
      transmit: (channel, call, args, settings, endMs) => {
        this.#transmit(channel, call, args, settings, endMs);
      },
      stray: () => {
        this.#strayReplies++;
      },
    };
  }

  /** The transport, by its netid. */
  get transport(): TransportName {
    return this.#link.last.netid;
  }

  /** The other end. */
  get peer(): RpcAddress {
    return this.#link.last.peer;
  }

  /** Whether there is a connection, as far as is known. One that was lost is made again when a call needs it. */
  get connected(): boolean {
    return this.#link.connected;
  }

  /** How often a reply was accepted that strict decoding rejects (`xdr: "strict"` would make it an error). */
  get tolerated(): number {
    return this.#tolerated;
  }

  /** Counts since the beginning. */
  stats(): ConnectionStats {
    return {
      calls: this.#calls,
      retransmissions: this.#retransmissions,
      reconnects: this.#link.reconnects,
      strayReplies: this.#strayReplies,
    };
  }

  /** Calls a remote procedure and waits for its result. Generated clients call this. Throws an `RpcError`, never later than `timeoutMs`. */
  call<A, R>(procedure: RpcProcedure<A, R>, args: A, options: SyncCallOptions = {}): R {
    const settings = this.#settings(procedure, options);
    const call = this.#begin(procedure, settings);
    const event = this.#event(call, false);
    if (event === undefined) return this.#exchange(call, args, settings) as R;
    return telling(event, () => this.#exchange(call, args, settings)) as R;
  }

  /**
   * Calls a remote procedure and waits for no reply: a one-way, or batched, call. Returns when the system has taken it; nothing tells whether
   * it arrives. Throws an `RpcError`.
   */
  send<A>(procedure: RpcProcedure<A, unknown>, args: A, options: Pick<SyncCallOptions, "auth"> = {}): void {
    const settings = this.#settings(procedure, options);
    const call = this.#begin(procedure, settings);
    const event = this.#event(call, true);
    if (event === undefined) this.#sendOnly(call, args, settings);
    else {
      telling(event, () => {
        this.#sendOnly(call, args, settings);
      });
    }
  }

  /** Closes. Later calls throw `RPC_CLOSED`. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#link.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #settings(procedure: RpcProcedure<unknown, unknown>, options: SyncCallOptions): SyncCallSettings {
    const { auth: ownAuth, timeoutMs: ownTimeoutMs, tryTimeoutMs: ownTryTimeoutMs } = this.#options;
    const { timeoutMs = ownTimeoutMs ?? DEFAULT_TIMEOUT_MS, auth = ownAuth ?? authNone } = options;
    const { tryTimeoutMs = ownTryTimeoutMs, idempotent = procedure.number === 0 } = options;
    checkTimeout(timeoutMs);
    if (tryTimeoutMs !== undefined) checkTimeout(tryTimeoutMs, "tryTimeoutMs");
    return { auth, timeoutMs, tryTimeoutMs, isIdempotent: idempotent };
  }

  #begin(procedure: RpcProcedure<unknown, unknown>, { auth }: SyncCallSettings): SyncCall {
    if (this.#isClosed) throw this.#error("RPC_CLOSED", "the connection was closed by this side", { procedure });
    if (auth.setUp !== undefined) {
      const text = `the flavor ${auth.flavor} is set up by calls that do not block: it needs a client that returns promises`;
      throw this.#error("RPC_AUTHERROR", text, { procedure });
    }
    this.#calls++;
    return new SyncCall(this.#base.nextXid(), procedure, this.#channel);
  }

  #event({ xid, procedure }: SyncCall, isOneWay: boolean): ClientCallEvent | undefined {
    if (!clientCalls.isWatched) return undefined;
    return clientCalls.start({ xid, procedure, transport: this.transport, peer: this.peer, isOneWay });
  }

  #exchange(call: SyncCall, args: unknown, settings: SyncCallSettings): unknown {
    const startMs = performance.now();
    const endMs = startMs + settings.timeoutMs;
    let nowMs = startMs;
    for (let losses = 1; ; losses++) {
      const channel = this.#link.ready(call.procedure, endMs, nowMs);
      try {
        return exchange(this.#base, channel, call, args, settings, endMs, nowMs);
      } catch (error) {
        if (!(error instanceof ChannelLost)) {
          if (!channel.isReliable) this.#doubt(error);
          throw error;
        }
        this.#link.lose(channel, error.cause);
        const isToGoOn = settings.isIdempotent && this.#link.canReconnect && losses < DEFAULT_RECONNECT_ATTEMPTS;
        nowMs = performance.now();
        if (isToGoOn && nowMs < endMs) continue;
        const { procedure } = call;
        const text = `${this.#link.why}; the server may have run the call`;
        throw this.#error("RPC_CANTRECV", text, { procedure, cause: error.cause });
      }
    }
  }

  #doubt(error: unknown): void {
    if (error instanceof RpcError && (error.code === "RPC_TIMEDOUT" || error.code === "RPC_CANTRECV")) {
      this.#link.doubt();
    }
  }

  #sendOnly(call: SyncCall, args: unknown, settings: SyncCallSettings): void {
    const { procedure } = call;
    const nowMs = performance.now();
    const endMs = nowMs + settings.timeoutMs;
    const channel = this.#link.ready(procedure, endMs, nowMs);
    try {
      this.#transmit(channel, call, args, settings, endMs);
    } catch (error) {
      if (!(error instanceof ChannelLost)) throw error;
      const { cause } = error;
      this.#link.lose(channel, cause);
      throw this.#error("RPC_CANTSEND", `the call can't be sent: ${reason(cause)}`, { procedure, cause });
    }
  }

  #transmit(channel: SyncChannel, call: SyncCall, args: unknown, settings: SyncCallSettings, endMs: number): void {
    const { procedure } = call;
    const isAgain = call.transmissions > 0;
    const w = this.#writers.take();
    try {
      this.#encode(w, call, args, settings);
      call.transmissions++;
      if (isAgain) this.#retransmissions++;
      let isSent: boolean;
      try {
        isSent = channel.send(w.bytes(), endMs);
      } catch (cause) {
        if (channel.isReliable) throw new ChannelLost(cause as Error);
        // A datagram may pass the next time.
        if (isAgain) return;
        throw this.#error("RPC_CANTSEND", `the call can't be sent: ${reason(cause)}`, { procedure, cause });
      }
      if (isSent || !channel.isReliable) return;
      const text = `the peer has not taken the call within ${settings.timeoutMs} ms`;
      this.#link.lose(channel, new Error(text)); // part of it has left
      throw this.#error("RPC_TIMEDOUT", text, { procedure });
    } finally {
      this.#writers.give(w);
    }
  }

  #encode(w: XdrWriter, call: SyncCall, args: unknown, { auth }: SyncCallSettings): void {
    const { procedure } = call;
    try {
      if (auth.wrap !== undefined)
        call.body ??= encode(procedure.args, args, { maxBytes: this.#link.last.maxMessageBytes });
      writeCall(w, call, auth, args);
    } catch (cause) {
      throw this.#error("RPC_CANTENCODEARGS", `the call can't be encoded: ${reason(cause)}`, { procedure, cause });
    }
  }

  #error(code: RpcErrorCode, message: string, details: RpcErrorDetails): RpcError {
    return new RpcError(code, message, { peer: this.peer, ...details });
  }
}

/** Tells who listens how a call ends. */
function telling<T>(event: ClientCallEvent, run: () => T): T {
  try {
    const result = run();
    ended(event);
    return result;
  } catch (error) {
    ended(event, error as RpcError);
    throw error;
  }
}
