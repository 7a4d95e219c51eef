/** What a blocking connection goes over: one channel, or, where it connects again, one after the other. */
import { performance } from "node:perf_hooks";
import { RpcError, reason } from "../error.ts";
import {
  DEFAULT_RECONNECT_ATTEMPTS,
  DEFAULT_RECONNECT_DELAY_MS,
  MAX_RECONNECT_DELAY_MS,
  MAX_TIMER_MS,
  SYNC_IDLE_MS,
} from "../limits.ts";
import type { ReconnectOptions } from "../link.ts";
import type { RpcProcedureId } from "../procedure.ts";
import { PeerClosed, type SyncChannel } from "../transport/sync-channel.ts";

/** Makes a channel anew: the service is looked up again, since a restarted server may have another port. */
export interface SyncReconnector extends ReconnectOptions {
  readonly open: (timeoutMs: number) => SyncChannel;
}

export class SyncLink {
  /** The channel, or the last one. */
  last: SyncChannel;
  /** How often there was another one. */
  reconnects = 0;
  readonly #reconnector: SyncReconnector | undefined;
  #channel: SyncChannel | undefined;
  #lost: Error | undefined;
  /** When the last call began. */
  #usedAtMs = 0;
  /** Its server may be elsewhere. */
  #isDoubtful = false;

  constructor(channel: SyncChannel, reconnector: SyncReconnector | undefined) {
    this.last = this.#channel = channel;
    this.#reconnector = reconnector;
  }

  get connected(): boolean {
    return this.#channel !== undefined;
  }

  get canReconnect(): boolean {
    return this.#reconnector !== undefined;
  }

  /** Why there is no channel. */
  get why(): string {
    if (this.#lost === undefined || this.#lost instanceof PeerClosed) return "the peer closed the connection";
    return `the connection broke: ${reason(this.#lost)}`;
  }

  /** The channel, which is made anew where that is needed and allowed. Throws an `RpcError` about the call. */
  ready(procedure: RpcProcedureId, endMs: number, nowMs: number): SyncChannel {
    if (this.#isDoubtful) this.#renew(endMs - nowMs);
    const channel = this.#channel;
    if (channel !== undefined) {
      const isFresh = nowMs - this.#usedAtMs < SYNC_IDLE_MS;
      this.#usedAtMs = nowMs;
      if (isFresh || channel.isAlive()) return channel;
      this.lose(channel, new PeerClosed());
    }
    if (this.#reconnector === undefined) {
      throw new RpcError("RPC_CANTRECV", this.why, { procedure, peer: this.last.peer, cause: this.#lost });
    }
    return this.#connect(this.#reconnector, procedure, Math.round(endMs - nowMs), endMs);
  }

  lose(channel: SyncChannel, error: Error): void {
    channel.close();
    this.#lost = error;
    if (this.#channel === channel) this.#channel = undefined;
  }

  /** A call over datagrams was refused, or had no reply: before the next one the portmapper is asked again, where it has told the port. */
  doubt(): void {
    this.#isDoubtful = this.#reconnector !== undefined;
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  /** Where that fails, the channel that there is goes on. */
  #renew(timeoutMs: number): void {
    this.#isDoubtful = false;
    const before = this.#channel;
    try {
      const next = this.#reconnector?.open(timeoutMs);
      if (next === undefined) return;
      if (String(next.peer) === String(before?.peer)) {
        next.close();
        return;
      }
      before?.close();
      this.reconnects++;
      this.last = this.#channel = next;
    } catch {
      // Its portmapper may be away, too.
    }
  }

  #connect(reconnector: SyncReconnector, procedure: RpcProcedureId, timeoutMs: number, endMs: number): SyncChannel {
    const {
      open,
      maxAttempts = DEFAULT_RECONNECT_ATTEMPTS,
      initialDelayMs = DEFAULT_RECONNECT_DELAY_MS,
      maxDelayMs = MAX_RECONNECT_DELAY_MS,
    } = reconnector;
    let failure: unknown;
    const { peer } = this.last;
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      if (attempt > 0) {
        // Between half of it and all, so that clients of a server that restarts do not come at once.
        const delayMs = Math.min(initialDelayMs * 2 ** Math.min(attempt - 1, 30), maxDelayMs);
        sleep(Math.min(delayMs * (0.5 + 0.5 * Math.random()), endMs - performance.now()));
      }
      const leftMs = endMs - performance.now();
      if (attempt > 0 && leftMs <= 0) {
        const text = `no reply within ${timeoutMs} ms, and no connection: ${reason(failure)}`;
        throw new RpcError("RPC_TIMEDOUT", text, { procedure, peer, cause: failure });
      }
      try {
        this.last = this.#channel = open(Math.max(0, leftMs));
        this.reconnects++;
        this.#usedAtMs = performance.now();
        return this.last;
      } catch (error) {
        failure = error;
      }
    }
    const text = `the connection was lost and can't be made again: ${reason(failure)}`;
    throw new RpcError("RPC_CANTCONNECT", text, { procedure, peer, cause: failure });
  }
}

/** Blocks the thread. */
function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(ms, MAX_TIMER_MS));
}
