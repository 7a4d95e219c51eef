/**
 * Every bound of the runtime, with its default. Whoever changes one here changes it everywhere: code, tests and
 * documentation take the numbers from this file.
 */

/**
 * Bytes of one record of a stream, received or sent, headers included. Option `maxRecordBytes`. NFS moves 1 MiB at a
 * time; a peer can make us hold no more than this per connection.
 */
export const DEFAULT_MAX_RECORD_BYTES: number = 4 * 1024 * 1024;

/**
 * Fragments of one record. Option `maxFragments`. Empty fragments are legal and cost no bytes, so that a cap on bytes
 * alone lets a peer go on for ever. libtirpc's smallest send buffer makes about 1,000 fragments of 4 MiB.
 */
export const DEFAULT_MAX_FRAGMENTS: number = 4096;

/** Bytes of a datagram that we send. Option `maxUdpBytes`. libtirpc's UDPMSGSIZE: its peers receive no more. */
export const DEFAULT_MAX_UDP_BYTES: number = 8800;

/** The largest payload of a UDP datagram over IPv4: `maxUdpBytes` can't exceed it, and we receive up to it. */
export const MAX_UDP_BYTES: number = 65_507;

/** Milliseconds until a call rejects with RPC_TIMEDOUT. Option `timeoutMs`. The stubs of C's rpcgen wait as long. */
export const DEFAULT_TIMEOUT_MS: number = 25_000;

/** Connections that one stream listener serves at a time; more are closed at once. Option `maxConnections`. */
export const DEFAULT_MAX_CONNECTIONS: number = 1024;

/** Milliseconds that `server.close()` waits for calls in flight. Option `closeTimeoutMs`. */
export const DEFAULT_CLOSE_TIMEOUT_MS: number = 5000;

/** Milliseconds that a closing connection takes to send what it holds, before it is cut off. */
export const FLUSH_TIMEOUT_MS: number = 2000;

/** Bytes of a write buffer that a connection keeps between messages; a larger one is given back. */
export const KEPT_WRITER_BYTES: number = 256 * 1024;

/** Milliseconds that a portmapper on this host has for its answer when a server registers or unregisters. */
export const REGISTER_TIMEOUT_MS: number = 3000;

/** Milliseconds that the owner of an entry has to answer the NULL procedure before its silence is taken for life: only `replace` takes its place. */
export const PING_TIMEOUT_MS: number = 2000;

/** Milliseconds until a lookup over UDP is asked again; each further try waits twice as long. Lookups are idempotent. */
export const LOOKUP_RETRY_MS: number = 1000;

/** Bytes of a UNIX socket's path: the kernel's `sun_path`, less its NUL. */
export const MAX_SOCKET_PATH_BYTES: number = 107;

/** The longest time that a timer of Node's can wait; longer ones fire at once. */
export const MAX_TIMER_MS: number = 0x7fff_ffff;

/** Least that `maxRecordBytes` and `maxUdpBytes` can be: each header of a reply that says what is wrong fits. */
export const MIN_MESSAGE_BYTES: number = 64;

/** Most that `maxRecordBytes` can be: what a fragment's header can state. */
export const MAX_RECORD_BYTES: number = 0x7fff_ffff;

/** Throws a `RangeError` for a time that is none: Node's timers take NaN and negative numbers for 1 ms. */
export function checkTimeout(timeoutMs: number): void {
  if (!(timeoutMs >= 0)) throw new RangeError(`timeoutMs is ${String(timeoutMs)}, not a number of milliseconds`);
}

/** Mode of a local service's socket. Option `mode`. */
export const DEFAULT_SOCKET_MODE: number = 0o600;

/** Answered requests that a server remembers, so that a duplicate is not run again. Option `duplicateCache.maxEntries`. */
export const DEFAULT_DUPLICATE_ENTRIES: number = 4096;

/** Bytes of the replies that it keeps for them; above that the oldest replies go, and their duplicates get none. Option `duplicateCache.maxBytes`. */
export const DEFAULT_DUPLICATE_BYTES: number = 16 * 1024 * 1024;

/** Milliseconds that it remembers a request from its answer on: Linux's nfsd does it as long. Option `duplicateCache.maxAgeMs`. */
export const DEFAULT_DUPLICATE_AGE_MS: number = 120_000;

/** Calls of a server that run at a time. Option `maxConcurrentCalls`. Only a service knows how many it bears. */
export const DEFAULT_MAX_CONCURRENT_CALLS: number = Infinity;

/** Calls that wait for their turn where that is limited. Option `maxQueuedCalls`. */
export const DEFAULT_MAX_QUEUED_CALLS: number = 1024;
