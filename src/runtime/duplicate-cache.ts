/**
 * The duplicate request cache: what makes calls at-most-once. A request that comes again, since its client waited too long for the
 * reply or lost its connection, is answered with the reply that was sent, and not run again.
 */
import { type TransportName, isNetid } from "./address.ts";
import type { OpaqueAuth } from "./gen/rpc_msg.ts";
import { DEFAULT_DUPLICATE_AGE_MS, DEFAULT_DUPLICATE_BYTES, DEFAULT_DUPLICATE_ENTRIES } from "./limits.ts";
import { type LoggedReply, ReplyLog, bytesOf } from "./reply-log.ts";
import type { ClientStream } from "./client-stream.ts";
import { type CacheableCall, RequestKey, RequestKeys } from "./request-key.ts";
import { RequestTable, type TableEntry } from "./request-table.ts";

/** Bounds of what is remembered. Requests in progress are not counted: what bounds calls that run bounds them. */
export interface DuplicateCacheOptions {
  /** Requests that have been answered; the oldest are forgotten first. A whole number of at least 1. Default 65 536. */
  readonly maxEntries?: number;
  /**
   * Bytes of their replies; above that the oldest replies are let go, but not that they were sent: their duplicates are
   * dropped, for to run a request twice is worse than to leave it without an answer. Default 16 MiB.
   */
  readonly maxBytes?: number;
  /** Milliseconds from the reply on. Default 120 000. */
  readonly maxAgeMs?: number;
  /** The time in milliseconds, which never goes back. For tests. */
  readonly now?: () => number;
}

/** Counts, from the beginning. */
export interface DuplicateCacheCounters {
  /** Duplicates of requests that had been answered. */
  hits: number;
  /** Duplicates of requests that still ran. */
  inProgress: number;
  /** Requests that were forgotten because there were too many; not those that grew too old. */
  evictions: number;
  /** Replies that were let go because there were too many bytes, or that alone were too large. */
  droppedReplies: number;
}

/** A request to be run. Just one of its methods is called, once; what comes after that is ignored. */
export interface NewRequest {
  readonly kind: "new";
  /** It was run, and this is sent, from xid to the end (it is copied); undefined: nothing is sent, and duplicates are dropped too. */
  finish(reply: Uint8Array | undefined): void;
  /** It was not run and will not be (its connection ended while it waited for its turn): a duplicate will be run. */
  forget(): void;
}

/** The duplicate of a request that runs. Over udp it is dropped: its client asks again. */
export interface RequestInProgress {
  readonly kind: "in-progress";
  /**
   * For a client that has connected again, to which the reply over the old connection is lost, and who does not ask twice over the new one: `answer`
   * is called once with what the request ends with, or with undefined where that is nothing. The last one asks alone. The bytes are good until it returns.
   */
  alsoAnswer(answer: (reply: Uint8Array | undefined) => void): void;
}

/** The duplicate of a request that has been answered. */
export interface RequestDone {
  readonly kind: "done";
  /** To be sent as it is, before the next request begins, and not to be changed; undefined: nothing is sent. */
  readonly reply: Uint8Array | undefined;
}

/**
 * Whether requests over a transport can come twice. Not within a host: nothing is lost between two processes of a host while both
 * live, so nobody retransmits, and a client that connects again has no address by which it could be known.
 */
export function hasDuplicates(transport: TransportName): boolean {
  return isNetid(transport) && transport !== "local";
}

/** Clients of one host, with one credential, whose requests with the same xid and the same arguments are remembered at a time. */
const MAX_NAMESAKES = 16;

/** Forgotten entries that are kept for later requests. */
const KEPT_ENTRIES = 1024;

/** Every operation takes a constant time, on the average; there is no timer, what is too old goes with the next request. */
export class DuplicateCache {
  readonly counters: DuplicateCacheCounters = { hits: 0, inProgress: 0, evictions: 0, droppedReplies: 0 };
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #keys = new RequestKeys();
  readonly #log = new ReplyLog();
  readonly #entries = new RequestTable<Entry>();
  /** Those that can be used again: thousands of objects that live for long are what makes the collector's work. */
  readonly #free: Entry[] = [];
  /** For the next request's key; it stays where that is known already. */
  #spare = new Entry();
  // The answered ones, in the order of their replies. They only ever leave at the front.
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  /** The first of them that has its reply still: in front of it is none. */
  #oldestReply: Entry | undefined;
  readonly #ends: RequestEnds = {
    finished: (entry, reply) => {
      this.#finished(entry, reply);
    },
    forgotten: (entry) => {
      this.#forgotten(entry);
    },
  };
  #size = 0;
  #bytes = 0;
  #inProgress = 0;

  /** Throws a `RangeError` for a bound that is none. */
  constructor(options: DuplicateCacheOptions = {}) {
    const { maxEntries = DEFAULT_DUPLICATE_ENTRIES, maxBytes = DEFAULT_DUPLICATE_BYTES } = options;
    const { maxAgeMs = DEFAULT_DUPLICATE_AGE_MS, now = () => performance.now() } = options;
    if (!(maxEntries >= 1)) throw new RangeError(`maxEntries is ${maxEntries}, not a number of requests`);
    if (!(maxBytes >= 0)) throw new RangeError(`maxBytes is ${maxBytes}, not a number of bytes`);
    if (!(maxAgeMs >= 0)) throw new RangeError(`maxAgeMs is ${maxAgeMs}, not a number of milliseconds`);
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** Answered requests that are remembered. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the replies that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Requests that have begun and not ended. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /**
   * A request has come, whose credential has been accepted.
   *
   * @param args the arguments' bytes, unwrapped
   * @param identity who calls, in bytes that are the same over any connection: the credential, except where those of one caller
   *   differ (the context of RPCSEC_GSS, the credential behind a shorthand of AUTH_SHORT). Only of interest for tcp.
   */
  begin(call: CacheableCall, args: Uint8Array, identity: OpaqueAuth): NewRequest | RequestInProgress | RequestDone {
    if (this.#oldest !== undefined) this.#expire(this.#oldest, this.#now());
    const entry = this.#spare;
    this.#keys.write(entry.key, call, args, identity);
    const known = this.#known(entry.key, call);
    if (known === "too many") return UNREMEMBERED;
    if (known === undefined) {
      this.#spare = this.#free.pop() ?? new Entry();
      entry.stream = call.stream;
      this.#list(entry);
      this.#inProgress++;
      return (entry.running = new RunningRequest(entry, this.#ends));
    }
    if (known.running !== undefined) {
      this.counters.inProgress++;
      return new InProgress(known.running);
    }
    this.counters.hits++;
    return { kind: "done", reply: bytesOf(known) };
  }

  /** The request whose duplicate this is. Others with its key are other clients'. */
  #known(key: RequestKey, { stream }: CacheableCall): Entry | "too many" | undefined {
    let others = 0;
    for (let entry = this.#entries.find(key); entry !== undefined;) {
      if (entry.stream === stream || entry.mayComeAgain) return entry;
      const next = this.#entries.findNext(entry);
      if (entry.stream?.isOpen !== true) this.#unlist(entry);
      else if (++others === MAX_NAMESAKES) return "too many";
      entry = next;
    }
    return undefined;
  }

  #list(entry: Entry): void {
    entry.isListed = true;
    this.#entries.add(entry);
  }

  /** It is not found any more. */
  #unlist(entry: Entry): void {
    if (!entry.isListed) return;
    entry.isListed = false;
    this.#entries.remove(entry);
  }

  #finished(entry: Entry, reply: Uint8Array | undefined): void {
    this.#inProgress--;
    entry.answeredAt = entry.stream?.isOpen === true ? entry.stream.calls : undefined;
    entry.running = undefined;
    entry.finishedAtMs = this.#now();
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.younger = entry;
    this.#newest = entry;
    if (++this.#size > this.#maxEntries && this.#oldest !== undefined) {
      this.counters.evictions++;
      this.#removeOldest(this.#oldest);
    }
    if (reply !== undefined) this.#store(entry, reply);
  }

  #forgotten(entry: Entry): void {
    this.#inProgress--;
    entry.running = undefined;
    this.#remove(entry);
  }

  #store(entry: Entry, reply: Uint8Array): void {
    if (reply.length > this.#maxBytes) {
      this.counters.droppedReplies++;
      return;
    }
    this.#bytes += reply.length;
    for (let old = this.#oldestReply; old !== undefined && this.#bytes > this.#maxBytes; old = this.#oldestReply) {
      this.counters.droppedReplies++;
      this.#dropReply(old);
    }
    this.#log.append(reply, entry);
    this.#oldestReply ??= entry;
  }

  #expire(oldest: Entry, now: number): void {
    const limit = now - this.#maxAgeMs;
    for (let old: Entry | undefined = oldest; old !== undefined && old.finishedAtMs <= limit; old = this.#oldest) {
      this.#removeOldest(old);
    }
  }

  #removeOldest(entry: Entry): void {
    this.#dropReply(entry);
    this.#oldest = entry.younger;
    if (this.#oldest === undefined) this.#newest = undefined;
    entry.younger = undefined; // when it is used again, it is the newest
    this.#size--;
    this.#remove(entry);
  }

  #remove(entry: Entry): void {
    this.#unlist(entry);
    entry.stream = undefined;
    if (this.#free.length < KEPT_ENTRIES) this.#free.push(entry);
  }

  #dropReply(entry: Entry): void {
    if (entry.chunk === undefined) return;
    this.#bytes -= entry.length;
    this.#log.release(entry);
    let next = entry.younger;
    while (next !== undefined && next.chunk === undefined) next = next.younger;
    this.#oldestReply = next;
  }
}

/** A request that is remembered. It is used again for another one, once it is forgotten: its cache alone may hold it. */
class Entry implements TableEntry<Entry>, LoggedReply {
  readonly key: RequestKey = new RequestKey();
  chained: Entry | undefined = undefined;
  isListed = false;
  /** What it came over; undefined: over datagrams. */
  stream: ClientStream | undefined = undefined;
  /** How many calls had come over it when this was answered; undefined: it was not, while the stream was open. */
  answeredAt: number | undefined = undefined;
  /** The one that was answered next. */
  younger: Entry | undefined = undefined;
  /** Undefined once it is answered. */
  running: RunningRequest | undefined = undefined;
  /** Of its reply, as are the next two; undefined where it has none, or none any more. */
  chunk: LoggedReply["chunk"] = undefined;
  start = 0;
  length = 0;
  finishedAtMs = 0;

  /** Whether its client may ask again over another connection. */
  get mayComeAgain(): boolean {
    return this.stream?.mayHaveLost(this.running === undefined ? this.answeredAt : undefined) === true;
  }
}

/** Of a request that is run and not remembered. */
const UNREMEMBERED: NewRequest = { kind: "new", finish: () => undefined, forget: () => undefined };

/** What a request that ends tells its cache. */
interface RequestEnds {
  finished(entry: Entry, reply: Uint8Array | undefined): void;
  forgotten(entry: Entry): void;
}

class RunningRequest implements NewRequest {
  readonly kind = "new";
  readonly #ends: RequestEnds;
  /** Undefined once it has ended. */
  #entry: Entry | undefined;
  #alsoAnswer: ((reply: Uint8Array | undefined) => void) | undefined = undefined;

  constructor(entry: Entry, ends: RequestEnds) {
    this.#entry = entry;
    this.#ends = ends;
  }

  finish(reply: Uint8Array | undefined): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    this.#ends.finished(entry, reply);
    this.#alsoAnswer?.(reply);
  }

  forget(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    this.#ends.forgotten(entry);
    this.#alsoAnswer?.(undefined);
  }

  alsoAnswer(answer: (reply: Uint8Array | undefined) => void): void {
    this.#alsoAnswer = answer;
  }
}

class InProgress implements RequestInProgress {
  readonly kind = "in-progress";
  readonly #request: RunningRequest;

  constructor(request: RunningRequest) {
    this.#request = request;
  }

  alsoAnswer(answer: (reply: Uint8Array | undefined) => void): void {
    this.#request.alsoAnswer(answer);
  }
}
