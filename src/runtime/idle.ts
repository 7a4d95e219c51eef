import { MAX_TIMER_MS, checkTimeout } from "./limits.ts";

/** What a server runs at the moment. */
export interface Work {
  /** Calls whose handlers have not ended. */
  readonly running: number;
  /** Resolves when none is left. */
  idle(): Promise<void>;
}

/** Ends a server that nobody calls. */
export class IdleTimer {
  readonly #timeoutMs: number;
  readonly #work: Work;
  readonly #end: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `end` is called once at most. Throws a `RangeError` for a time that is none. */
  constructor(timeoutMs: number, work: Work, end: () => void) {
    checkTimeout(timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#work = work;
    this.#end = end;
  }

  /** The server listens from now on: it may be that nobody ever calls. */
  start(): void {
    if (this.#stopped || this.#timeoutMs === 0 || this.#timeoutMs === Infinity) return;
    const expire = (): void => {
      if (this.#work.running === 0) this.#finish();
      else void this.#work.idle().then(() => this.#timer?.refresh());
    };
    // Sockets keep the process alive; the wait for their silence must not.
    this.#timer ??= setTimeout(expire, Math.min(this.#timeoutMs, MAX_TIMER_MS)).unref();
    this.#timer.refresh();
  }

  /** A call has come, and may run still. */
  touch(): void {
    if (this.#timer !== undefined) this.#timer.refresh();
    else if (this.#timeoutMs === 0) void this.#work.idle().then(() => { this.#finish(); }); // prettier-ignore
  }

  /** From here on it ends nothing. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finish(): void {
    if (this.#stopped) return;
    this.stop();
    this.#end();
  }
}
