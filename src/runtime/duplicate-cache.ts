/**
 * The duplicate request cache: what makes calls at-most-once. A request that comes again, since its client waited too long for the
 * reply or lost its connection, is answered with the reply that was sent, and not run again.
 */
import { type TransportName, isNetid } from "./address.ts";
import type { OpaqueAuth } from "./gen/rpc_msg.ts";
import { DEFAULT_DUPLICATE_AGE_MS, DEFAULT_DUPLICATE_BYTES, DEFAULT_DUPLICATE_ENTRIES } from "./limits.ts";
import type { ClientStream } from "./client-stream.ts";
import { ReplyLog } from "./reply-log.ts";
import { type CacheableCall, RequestKey, RequestKeys } from "./request-key.ts";
import { NONE, RequestTable } from "./request-table.ts";

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

/** In the place of the number of calls: see `answeredAt`. */
const UNANSWERED = -1;

/** Clients of one host, with one credential, whose requests with the same xid and the same arguments are remembered at a time. */
const MAX_NAMESAKES = 16;

/** Every operation takes a constant time, on the average; there is no timer, what is too old goes with the next request. */
export class DuplicateCache {
  readonly counters: DuplicateCacheCounters = { hits: 0, inProgress: 0, evictions: 0, droppedReplies: 0 };
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #keys = new RequestKeys();
  readonly #log = new ReplyLog();
  readonly #table = new RequestTable();
  /** Of the request that has come. */
  readonly #key = new RequestKey();
  // Of each row:
  /** What it came over; undefined: over datagrams. */
  readonly #streams: (ClientStream | undefined)[] = [];
  /** Undefined once it is answered. */
  readonly #running: (RunningRequest | undefined)[] = [];
  /** How many calls had come over the stream when it was answered; `UNANSWERED`: it was not, while the stream was open. */
  readonly #answeredAt: number[] = [];
  readonly #finishedAtMs: number[] = [];
  /** The one that was answered next. */
  readonly #younger: number[] = [];
  // The answered ones, in the order of their replies. They only ever leave at the front.
  #oldest = NONE;
  #newest = NONE;
  /** The first of them that has its reply still: in front of it is none. */
  #oldestReply = NONE;
  readonly #ends: RequestEnds = {
    finished: (row, reply) => {
      this.#finished(row, reply);
    },
    forgotten: (row) => {
      this.#forgotten(row);
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
    if (this.#oldest !== NONE) this.#expire(this.#now());
    const key = this.#key;
    this.#keys.write(key, call, args, identity);
    const known = this.#known(key, call.stream);
    if (known === "too many") return UNREMEMBERED;
    if (known === NONE) return this.#add(key, call.stream);
    const running = this.#running[known];
    if (running !== undefined) {
      this.counters.inProgress++;
      return new InProgress(running);
    }
    this.counters.hits++;
    return { kind: "done", reply: this.#log.bytesOf(known) };
  }

  /** The request whose duplicate this is, or NONE. Others with its key are other clients'. */
  #known(key: RequestKey, stream: ClientStream | undefined): number | "too many" {
    let others = 0;
    for (let row = this.#table.find(key); row !== NONE;) {
      const its = this.#streams[row];
      if (its === stream || its?.mayHaveLost(this.#answerOf(row)) === true) return row;
      const next = this.#table.findNext(row, key);
      if (its?.isOpen !== true) this.#table.unlist(row);
      else if (++others === MAX_NAMESAKES) return "too many";
      row = next;
    }
    return NONE;
  }

  /** As `ClientStream.mayHaveLost` has it. */
  #answerOf(row: number): number | undefined {
    const answeredAt = this.#answeredAt[row];
    return this.#running[row] !== undefined || answeredAt === UNANSWERED ? undefined : answeredAt;
  }

  #add(key: RequestKey, stream: ClientStream | undefined): NewRequest {
    const row = this.#table.add(key);
    this.#streams[row] = stream;
    this.#answeredAt[row] = UNANSWERED;
    this.#finishedAtMs[row] = 0;
    this.#younger[row] = NONE;
    this.#log.begin(row);
    this.#inProgress++;
    return (this.#running[row] = new RunningRequest(row, this.#ends));
  }

  #finished(row: number, reply: Uint8Array | undefined): void {
    this.#inProgress--;
    const stream = this.#streams[row];
    this.#answeredAt[row] = stream?.isOpen === true ? stream.calls : UNANSWERED;
    this.#running[row] = undefined;
    this.#finishedAtMs[row] = this.#now();
    if (this.#newest === NONE) this.#oldest = row;
    else this.#younger[this.#newest] = row;
    this.#newest = row;
    if (++this.#size > this.#maxEntries) {
      this.counters.evictions++;
      this.#removeOldest();
    }
    if (reply !== undefined) this.#store(row, reply);
  }

  #forgotten(row: number): void {
    this.#inProgress--;
    this.#running[row] = undefined;
    this.#remove(row);
  }

  #store(row: number, reply: Uint8Array): void {
    if (reply.length > this.#maxBytes) {
      this.counters.droppedReplies++;
      return;
    }
    this.#bytes += reply.length;
    while (this.#oldestReply !== NONE && this.#bytes > this.#maxBytes) {
      this.counters.droppedReplies++;
      this.#dropReply(this.#oldestReply);
    }
    this.#log.append(reply, row);
    if (this.#oldestReply === NONE) this.#oldestReply = row;
  }

  #expire(now: number): void {
    const limit = now - this.#maxAgeMs;
    while (this.#oldest !== NONE && (this.#finishedAtMs[this.#oldest] ?? 0) <= limit) this.#removeOldest();
    if (this.#size + this.#inProgress === 0 && this.#table.hasGrown) this.#clear();
  }

  #removeOldest(): void {
    const row = this.#oldest;
    this.#dropReply(row);
    this.#oldest = this.#younger[row] ?? NONE;
    if (this.#oldest === NONE) this.#newest = NONE;
    this.#size--;
    this.#remove(row);
  }

  #remove(row: number): void {
    this.#streams[row] = undefined;
    this.#table.free(row);
  }

  #dropReply(row: number): void {
    if (!this.#log.has(row)) return;
    this.#bytes -= this.#log.release(row);
    let next = this.#younger[row] ?? NONE;
    while (next !== NONE && !this.#log.has(next)) next = this.#younger[next] ?? NONE;
    this.#oldestReply = next;
  }

  /** Nothing is remembered: a server that was busy gives the memory back. */
  #clear(): void {
    this.#table.clear();
    this.#log.clear();
    this.#streams.length = this.#running.length = this.#answeredAt.length = 0;
    this.#finishedAtMs.length = this.#younger.length = 0;
  }
}

/** Of a request that is run and not remembered. */
const UNREMEMBERED: NewRequest = { kind: "new", finish: () => undefined, forget: () => undefined };

/** What a request that ends tells its cache. */
interface RequestEnds {
  finished(row: number, reply: Uint8Array | undefined): void;
  forgotten(row: number): void;
}

class RunningRequest implements NewRequest {
  readonly kind = "new";
  readonly #ends: RequestEnds;
  /** NONE once it has ended: the row may be another one's. */
  #row: number;
  #alsoAnswer: ((reply: Uint8Array | undefined) => void) | undefined = undefined;

  constructor(row: number, ends: RequestEnds) {
    this.#row = row;
    this.#ends = ends;
  }

  finish(reply: Uint8Array | undefined): void {
    const row = this.#row;
    if (row === NONE) return;
    this.#row = NONE;
    this.#ends.finished(row, reply);
    this.#alsoAnswer?.(reply);
  }

  forget(): void {
    const row = this.#row;
    if (row === NONE) return;
    this.#row = NONE;
    this.#ends.forgotten(row);
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
