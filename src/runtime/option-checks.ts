/** Options that mean nothing are told of where they are given, by name and value: a wrong one must not act as another one. */
import type { XdrStrictness } from "../xdr/index.ts";
import type { DuplicateCacheOptions } from "./duplicate-cache.ts";
import { SHM_RING_BYTES, checkTimeout } from "./limits.ts";
import { messageLimits } from "./open-connection.ts";
import type { ServerOptions } from "./server.ts";
import { MAX_RING_BYTES, MIN_RING_BYTES, isRingBytes } from "./transport/shm/layout.ts";

type NumberOf<T> = { [K in keyof T]-?: Exclude<T[K], undefined> extends number ? K : never }[keyof T];

const TIMES = [
  "closeTimeoutMs",
  "drainTimeoutMs",
  "idleTimeoutMs",
  "callTimeoutMs",
  "connectionIdleTimeoutMs",
] as const satisfies readonly NumberOf<ServerOptions>[];

/** Least values. */
const COUNTS = {
  maxConnections: 0,
  maxConcurrentCalls: 1,
  maxQueuedCalls: 0,
  maxInProgressBytes: 0,
  udpReceiveBufferBytes: 1,
} as const satisfies Partial<Record<NumberOf<ServerOptions>, number>>;

const CACHE_COUNTS = { maxEntries: 1, maxBytes: 0 } as const satisfies Partial<
  Record<NumberOf<DuplicateCacheOptions>, number>
>;

const FUNCTIONS = ["onError", "guard"] as const satisfies readonly (keyof ServerOptions)[];
const LISTS = ["auth", "interceptors"] as const satisfies readonly (keyof ServerOptions)[];

/** Throws a `RangeError` for a value that is none of the option's, a `TypeError` for one of another kind. */
export function checkServerOptions(options: ServerOptions): void {
  messageLimits(options);
  checkStrictness(options.xdr);
  for (const name of TIMES) checkOptional(options[name], (value) => { checkTimeout(value, name); }); // prettier-ignore
  checkCounts(options, COUNTS);
  const { duplicateCache = false } = options;
  if (duplicateCache !== false) {
    if (!isObject(duplicateCache)) throw kind("duplicateCache", duplicateCache, "false or an object");
    checkCounts(duplicateCache, CACHE_COUNTS, "duplicateCache.");
    checkOptional(duplicateCache.maxAgeMs, (value) => { checkTimeout(value, "duplicateCache.maxAgeMs"); }); // prettier-ignore
  }
  const { shm } = options;
  if (shm !== undefined && typeof shm !== "boolean") {
    if (!isObject(shm)) throw kind("shm", shm, "a boolean or an object");
    checkBusyPoll(shm.busyPollUs, "shm.");
    const { ringBytes = SHM_RING_BYTES } = shm;
    if (!isRingBytes(ringBytes))
      throw new RangeError(
        `shm.ringBytes is ${ringBytes}, not a power of two from ${MIN_RING_BYTES} to ${MAX_RING_BYTES}`,
      );
  }
  for (const name of FUNCTIONS) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function") throw kind(name, value, "a function");
  }
  for (const name of LISTS) {
    const value: unknown = options[name];
    if (value !== undefined && !Array.isArray(value)) throw kind(name, value, "an array");
  }
}

/** Throws a `RangeError` for what is no strictness: it would be taken for `strict`. */
export function checkStrictness(xdr: XdrStrictness | undefined): void {
  checkWord("xdr", xdr, ["strict", "tolerant", "lenient"] satisfies XdrStrictness[]);
}

/** Throws a `TypeError` or a `RangeError` for what is no time to look for replies. */
export function checkBusyPoll(busyPollUs: number | undefined, prefix = ""): void {
  checkCounts({ busyPollUs }, { busyPollUs: 0 }, prefix);
}

/** Throws a `RangeError` for a word that is none of those; what is no word is another one's to check. */
export function checkWord(name: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || (typeof value === "string" && words.includes(value))) return;
  const list = words.map((word) => JSON.stringify(word)).join(", ");
  throw new RangeError(`${name} is ${shown(value)}, not one of ${list}`);
}

function checkCounts<T extends object>(
  options: T,
  leastOf: Readonly<Partial<Record<keyof T, number>>>,
  prefix = "",
): void {
  for (const [name, least] of Object.entries(leastOf) as [keyof T & string, number][]) {
    checkOptional(options[name], (value: unknown) => {
      if (typeof value !== "number") throw kind(prefix + name, value, "a number");
      if ((Number.isInteger(value) || value === Infinity) && value >= least) return;
      throw new RangeError(`${prefix}${name} is ${value}, not a whole number from ${least} on, or Infinity`);
    });
  }
}

function checkOptional<T>(value: T | undefined, check: (value: T) => void): void {
  if (value !== undefined) check(value);
}

function kind(name: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`${name} is ${shown(value)}, not ${wanted}`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
