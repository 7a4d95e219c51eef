/** What a connection goes over: one transport, or, where it connects again, one after the other. */
import { type RpcAddress } from "./address.ts";
import {
  DEFAULT_RECONNECT_ATTEMPTS,
  DEFAULT_RECONNECT_DELAY_MS,
  MAX_RECONNECT_DELAY_MS,
  MAX_TIMER_MS,
  checkTimeout,
} from "./limits.ts";
import type { Transport } from "./transport/transport.ts";

/** How a connection that was lost is made again, once a call needs it. */
export interface ReconnectOptions {
  /** Attempts before the calls that wait fail with `RPC_CANTCONNECT`. Default 3; `Infinity`: until each call's own time is up. */
  readonly maxAttempts?: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. Default 100. The first is made at once. */
  readonly initialDelayMs?: number;
  /** The longest wait. Default 5000. */
  readonly maxDelayMs?: number;
}

/** Throws a `RangeError` or a `TypeError` for a value that is none. */
export function checkReconnect(reconnect: boolean | ReconnectOptions): void {
  if (typeof reconnect === "boolean") return;
  // Users of JavaScript may have written anything.
  if ((typeof reconnect as string) !== "object")
    throw new TypeError(`reconnect is ${JSON.stringify(reconnect)}, neither a boolean nor its options`);
  const {
    maxAttempts = DEFAULT_RECONNECT_ATTEMPTS,
    initialDelayMs = DEFAULT_RECONNECT_DELAY_MS,
    maxDelayMs = MAX_RECONNECT_DELAY_MS,
  } = reconnect;
  if (maxAttempts !== Infinity && !(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new RangeError(`reconnect.maxAttempts is ${maxAttempts}, neither a whole number from 1 on nor Infinity`);
  }
  checkTimeout(initialDelayMs, "reconnect.initialDelayMs");
  checkTimeout(maxDelayMs, "reconnect.maxDelayMs");
}

/** Makes a transport anew: the service is looked up again, since a restarted server may have another port. */
export interface Reconnector extends ReconnectOptions {
  /** @param signal fires when nobody wants it any more; then what was opened for it is closed at once, and it rejects */
  readonly open: (signal: AbortSignal) => Promise<Transport>;
  /** Milliseconds without a call until the transport is closed, until another call comes. */
  readonly idleTimeoutMs: number;
}

/** Told of what becomes of the transport. None of these throws. */
export interface LinkSink {
  message(bytes: Uint8Array, from: RpcAddress, transport: Transport): void;
  /** What was sent and not yet answered is lost; the transport goes on. */
  lost(error: Error): void;
  /** There is a transport again. */
  up(transport: Transport): void;
  /** The transport has ended. */
  down(transport: Transport, error: Error | undefined): void;
  /** Whether something waits for another one. */
  isWanted(): boolean;
  /** A transport at rest is about to be closed. All that was sent over it has left. */
  rested(transport: Transport): void;
  /** All attempts have failed. */
  failed(error: unknown): void;
  /** There will be no other transport. */
  ended(): void;
}

export class Link {
  readonly #sink: LinkSink;
  readonly #reconnector: Reconnector | undefined;
  #transport: Transport | undefined;
  #isEnded = false;
  #isConnecting = false;
  #isReferenced = true;
  #lastError: unknown;
  #reconnects = 0;
  /** Transports in a row over which nothing came, and that soon ended: a server that ends each at once is none that is back. */
  #fruitless = 0;
  #startedAtMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Grows with each message that comes or goes, where rest is of interest. */
  #traffic = 0;
  /** What runs for the peer. */
  #holds = 0;
  #endWait: () => void = () => undefined;
  /** Of the attempt that is under way. */
  #attempt: AbortController | undefined;

  constructor(transport: Transport, reconnector: Reconnector | undefined, sink: LinkSink) {
    this.#sink = sink;
    this.#reconnector = reconnector;
    this.#start(transport);
  }

  /** Undefined while there is none. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** There is none, and there will be none. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Why there is no transport at present. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** How often there was another one. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** Connects again, where there is no transport and nobody does so already. */
  wake(): void {
    if (this.#transport !== undefined || this.#isConnecting || this.#isEnded || this.#reconnector === undefined) return;
    this.#isConnecting = true;
    void this.#connect(this.#reconnector);
  }

  /**
   * Looks the service up anew while there is a transport, and takes the next one where its peer is another and that `isAllowed` then: for
   * datagrams, of whose peer nobody says that it has gone. Calls while that is under way do nothing.
   */
  renew(isAllowed: () => boolean): void {
    const before = this.#transport;
    if (before === undefined || this.#isConnecting || this.#isEnded || this.#reconnector === undefined) return;
    this.#isConnecting = true;
    this.#attempt = new AbortController();
    this.#reconnector.open(this.#attempt.signal).then(
      (next) => {
        this.#isConnecting = false;
        if (this.#isEnded || String(next.peer) === String(before.peer) || !isAllowed()) {
          next.destroy(new Error("it is not needed"));
          return;
        }
        this.#reconnects++;
        this.#leave(before);
        this.#start(next);
        this.#sink.up(next);
      },
      () => {
        this.#isConnecting = false; // the one that there is goes on
      },
    );
  }

  /** Something has been sent or received: the time of rest begins anew. */
  touch(): void {
    if (this.#idleTimer === undefined) return;
    this.#traffic++;
    this.#idleTimer.refresh();
  }

  /** There is no rest until the function that it returns is called. */
  hold(): () => void {
    if (this.#idleTimer === undefined) return NOTHING;
    this.#holds++;
    return () => {
      this.#holds--;
      this.touch();
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const wasEnded = this.#isEnded;
    this.#isEnded = true;
    this.#endWait();
    this.#attempt?.abort(new Error("the connection was closed by this side"));
    const transport = this.#transport;
    if (transport !== undefined) await transport.close();
    else if (!wasEnded) this.#sink.ended();
  }

  unref(): void {
    this.#isReferenced = false;
    this.#transport?.unref();
  }

  #start(transport: Transport): void {
    this.#transport = transport;
    this.#lastError = undefined;
    this.#startedAtMs = performance.now();
    const { idleTimeoutMs = Infinity, maxDelayMs = MAX_RECONNECT_DELAY_MS } = this.#reconnector ?? {};
    if (idleTimeoutMs !== Infinity) {
      const expire = (): void => {
        if (this.#isBusy()) this.#idleTimer?.refresh();
        else void this.#rest(transport);
      };
      this.#idleTimer = setTimeout(expire, Math.min(idleTimeoutMs, MAX_TIMER_MS)).unref();
    }
    if (!this.#isReferenced) transport.unref();
    transport.start({
      message: (bytes, from) => {
        this.#fruitless = 0;
        this.#sink.message(bytes, from, transport);
      },
      lost: (error) => {
        if (this.#transport === transport) this.#sink.lost(error);
      },
      closed: (error) => {
        if (this.#transport !== transport) return; // it was at rest
        clearTimeout(this.#idleTimer);
        // One that takes one-way calls alone has nothing to say.
        const lifeMs = performance.now() - this.#startedAtMs;
        if (lifeMs > Math.max(maxDelayMs, DEFAULT_RECONNECT_DELAY_MS)) this.#fruitless = 0;
        this.#transport = undefined;
        this.#lastError = error ?? new Error("the peer closed the connection");
        this.#isEnded ||= this.#reconnector === undefined;
        this.#sink.down(transport, error);
        if (this.#isEnded) this.#sink.ended();
        else if (this.#sink.isWanted()) this.wake();
      },
    });
  }

  #isBusy(): boolean {
    return this.#holds > 0 || this.#sink.isWanted();
  }

  /** Closes a transport that nobody needs. A call that comes meanwhile takes another one: over this one it would be lost. */
  async #rest(transport: Transport): Promise<void> {
    const traffic = this.#traffic;
    try {
      await transport.flush(); // a peer that reads slowly may owe nothing, and be owed something
    } catch {
      return; // it has ended, of which the sink is told
    }
    if (this.#transport !== transport || this.#isEnded) return;
    if (this.#traffic !== traffic || this.#isBusy()) {
      this.#idleTimer?.refresh();
      return;
    }
    this.#fruitless = 0;
    this.#leave(transport);
  }

  #leave(transport: Transport): void {
    this.#transport = undefined;
    this.#sink.rested(transport);
    void transport.close();
  }

  async #connect(reconnector: Reconnector): Promise<void> {
    const {
      open,
      maxAttempts = DEFAULT_RECONNECT_ATTEMPTS,
      initialDelayMs = DEFAULT_RECONNECT_DELAY_MS,
      maxDelayMs = MAX_RECONNECT_DELAY_MS,
    } = reconnector;
    for (let attempt = this.#fruitless; attempt < maxAttempts; attempt++) {
      if (attempt > 0) await this.#wait(Math.min(initialDelayMs * 2 ** Math.min(attempt - 1, 30), maxDelayMs));
      if (this.#isEnded) return;
      try {
        this.#attempt = new AbortController();
        const transport = await open(this.#attempt.signal);
        if (this.isEnded) {
          transport.destroy(new Error("the connection was closed meanwhile"));
          return;
        }
        this.#reconnects++;
        this.#fruitless++;
        this.#isConnecting = false;
        this.#start(transport);
        this.#sink.up(transport);
        return;
      } catch (error) {
        this.#lastError = error;
        if (this.#sink.isWanted()) continue;
        this.#isConnecting = false;
        return;
      }
    }
    this.#isConnecting = false;
    this.#fruitless = 0; // the next call tries anew
    this.#sink.failed(this.#lastError);
  }

  /** Between half of it and all, so that clients of a server that restarts do not come at once. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms * (0.5 + 0.5 * Math.random()), MAX_TIMER_MS));
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const NOTHING = (): void => undefined;
