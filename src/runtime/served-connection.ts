import type { CallContext } from "./call-context.ts";
import type { RpcConnection } from "./connection.ts";
import { MAX_HELD_CALLS, MAX_TIMER_MS } from "./limits.ts";
import type { Transport } from "./transport/transport.ts";

/** A call that has been read, and for which there may be no room. */
interface HeldCall {
  /** False: there is none. */
  admit(): boolean;
  drop(): void;
  whenRoom(told: () => void): void;
}

/** A connection, as its server sees it. */
export class ServedConnection {
  readonly connection: RpcConnection;
  readonly #idleTimer: NodeJS.Timeout | undefined;
  readonly #signalled = new Set<CallContext>();
  readonly #held: HeldCall[] = [];
  #running = 0;
  /** Whoever asks for a signal from here on gets one that has fired. */
  #aborted: Error | undefined;

  /** @param idleTimeoutMs without a call, until the connection is closed; `Infinity`: never */
  constructor(connection: RpcConnection, idleTimeoutMs: number) {
    this.connection = connection;
    if (idleTimeoutMs === Infinity) return;
    const expire = (): void => {
      if (this.#running === 0 && connection.outstanding === 0) void connection.close();
      else this.#idleTimer?.refresh();
    };
    this.#idleTimer = setTimeout(expire, Math.min(idleTimeoutMs, MAX_TIMER_MS)).unref();
  }

  /** Calls that are being answered. */
  get running(): number {
    return this.#running;
  }

  /** A call has come. */
  touch(): void {
    this.#idleTimer?.refresh();
  }

  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
    this.#idleTimer?.refresh();
  }

  /**
   * Admits a call, behind those that wait for room: meanwhile nothing more is read from the stream, unless this side waits for
   * replies over it, on which what runs may depend. False: too many wait, and it was not taken.
   */
  hold(over: Transport, call: HeldCall): boolean {
    if (this.#held.length === 0 && call.admit()) return true;
    if (this.#held.length >= MAX_HELD_CALLS) return false;
    if (this.#held.push(call) === 1) call.whenRoom(() => { this.#admitHeld(over); }); // prettier-ignore
    if (this.connection.outstanding === 0) over.pause();
    return true;
  }

  #admitHeld(over: Transport): void {
    while (this.#held[0]?.admit() === true) this.#held.shift();
    const [next] = this.#held;
    if (next === undefined) over.resume();
    else next.whenRoom(() => { this.#admitHeld(over); }); // prettier-ignore
  }

  /** A context whose signal is in use, until its call has ended. */
  keep(ctx: CallContext): void {
    if (this.#aborted === undefined) this.#signalled.add(ctx);
    else ctx.abort(this.#aborted);
  }

  release(ctx: CallContext): void {
    this.#signalled.delete(ctx);
  }

  /** Fires the signals of what runs. */
  abort(reason: Error): void {
    this.#aborted ??= reason;
    for (const ctx of this.#signalled) ctx.abort(reason);
  }

  /** The connection has ended: nobody waits for what runs for it. */
  gone(): void {
    for (const call of this.#held.splice(0)) call.drop();
    clearTimeout(this.#idleTimer);
    this.abort(new Error("the connection has ended"));
  }
}
