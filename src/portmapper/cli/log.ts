/** The log: one line an event, on standard error, by pino. */
import { type Logger, destination, pino, stdSerializers } from "pino";
import type { PortmapperEvent } from "../events.ts";
import { ProgramNames } from "../program-names.ts";
import { eventLine } from "./event-line.ts";
import { humanLine } from "./human-line.ts";
import type { LogForm, LogLevel } from "./log-options.ts";

/** Lines about refusals a second: outsiders choose how many there are, and would else fill the disk. As many may come at once. */
export const MAX_REFUSAL_LINES_PER_SECOND = 20;

const STDERR = 2;

/** Options of the log. */
export interface LogOptions {
  readonly form: LogForm;
  readonly level: LogLevel;
  /** Where lines go. Default: standard error. */
  readonly write?: (line: string) => void;
  /** Milliseconds, from any moment on. Default `performance.now`. */
  readonly now?: () => number;
}

/** What the command logs by. */
export interface Log {
  readonly event: (event: PortmapperEvent) => void;
  readonly logger: Logger;
}

/** Makes a log. */
export function makeLog({ form, level, write = writeTo(STDERR), now = () => performance.now() }: LogOptions): Log {
  const logger = pino(
    {
      level: form === "off" ? "silent" : level,
      // Whose process and host it is, the journal says.
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    {
      write: (line: string) => {
        write(form === "human" ? humanLine(line) : line);
      },
    },
  );
  const names = ProgramNames.load();
  const refusals = new Allowance(MAX_REFUSAL_LINES_PER_SECOND, now);
  return {
    logger,
    event: (event) => {
      if (event.kind === "refused" && !refusals.take()) return;
      if (refusals.missed > 0 && refusals.has()) {
        logger.warn({ event: "refusals-not-logged", calls: refusals.missed }, `${refusals.missed} more calls refused`);
        refusals.missed = 0;
      }
      const { level: at, message, fields } = eventLine(event, { names, isDetailed: level === "debug" });
      logger[at]({ event: event.kind, ...fields }, message);
    },
  };
}

/** So many a second. */
class Allowance {
  /** How many were not granted, and not told of yet. */
  missed = 0;
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#filledAt = now();
  }

  has(): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    return this.#left >= 1;
  }

  take(): boolean {
    if (!this.has()) {
      this.missed++;
      return false;
    }
    this.#left--;
    return true;
  }
}

/** At once: what was logged in front of a crash is there. */
function writeTo(fd: number): (line: string) => void {
  const stream = destination({ fd, sync: true });
  // Who read the log is gone: the portmapper stays.
  stream.on("error", () => undefined);
  return (line) => {
    stream.write(line);
  };
}
