import type { CallContext } from "./call-context.ts";
import { CallGate } from "./call-gate.ts";
import type { CallQueue } from "./call-queue.ts";
import type { RpcConnection } from "./connection.ts";
import { ClientStream } from "./client-stream.ts";
import { MAX_TIMER_MS } from "./limits.ts";
import type { Transport } from "./transport/transport.ts";
import { Waiters } from "./waiters.ts";

/** A connection, as its server sees it. */
export class ServedConnection {
  readonly connection: RpcConnection;
  readonly #idleTimer: NodeJS.Timeout | undefined;
  readonly #signalled = new Set<CallContext>();
  #gate: CallGate | undefined;
  #over: Transport | undefined;
  readonly #idle = new Waiters();
  readonly #decisions = new Set<Promise<void>>();
  #running = 0;
  /** Where it is one: what is remembered of it. */
  readonly stream: ClientStream = new ClientStream();
  #letRest: (() => void) | undefined;
  /** Whoever asks for a signal from here on gets one that has fired. */
  #aborted: Error | undefined;

  /**
   * @param idleTimeoutMs without a call, until the connection is closed; `Infinity`: never
   * @param isMoving whether part of a call has come, or part of a reply has not gone: how long that may take is not this clock's
   */
  constructor(connection: RpcConnection, idleTimeoutMs: number, isMoving: () => boolean = () => false) {
    this.connection = connection;
    if (idleTimeoutMs === Infinity) return;
    const expire = (): void => {
      const { calls } = this.stream;
      // What came while this process did something else is read first.
      setImmediate(() => {
        if (this.stream.calls !== calls) return; // which has set the clock anew
        if (this.#running === 0 && connection.outstanding === 0 && !isMoving()) void connection.close();
        else this.#idleTimer?.refresh();
      });
    };
    this.#idleTimer = setTimeout(expire, Math.min(idleTimeoutMs, MAX_TIMER_MS)).unref();
  }

  /** Calls that are being answered. */
  get running(): number {
    return this.#running;
  }

  /** A call has come. */
  touch(): void {
    this.stream.count();
    this.#idleTimer?.refresh();
  }

  begin(): void {
    if (this.#running++ === 0) this.#letRest = this.connection.hold();
  }

  end(): void {
    this.#running--;
    this.#idleTimer?.refresh();
    if (this.#running > 0) return;
    this.#letRest?.();
    this.#idle.resolve();
  }

  /** Resolves when no call is being answered. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : this.#idle.wait();
  }

  /** A call will be answered once it is decided whether it may be. */
  deciding(decision: Promise<void>): Promise<void> {
    this.#decisions.add(decision);
    return decision.finally(() => this.#decisions.delete(decision));
  }

  /** Resolves when all calls have been answered, those about which is still decided among them. */
  async answered(): Promise<void> {
    while (this.#decisions.size > 0 || this.#running > 0) {
      await Promise.allSettled(this.#decisions);
      await this.idle();
    }
  }

  /** The way into the queue of what comes over a stream. */
  gate(queue: CallQueue, over: Transport): CallGate {
    this.#over = over;
    return (this.#gate ??= new CallGate(queue, {
      // What runs may wait for replies that come over the same stream.
      pause: () => {
        if (this.connection.outstanding === 0) this.#over?.pause();
      },
      resume: () => {
        this.#over?.resume();
      },
    }));
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
    this.stream.ended(this.connection.wasClosedByPeer);
    this.#gate?.forget();
    clearTimeout(this.#idleTimer);
    this.abort(new Error("the connection has ended"));
  }
}
