/** The portmapper's bounds, with their defaults; those of the registry are in `DEFAULT_REGISTRY_LIMITS`. */

/** Bytes of the longest call over a stream: one that registers the longest strings that are kept is far shorter. */
export const MAX_CALL_BYTES: number = 64 * 1024;

/** Bytes of all calls that have begun to come and not ended, of all connections. */
export const MAX_CALLS_IN_PROGRESS_BYTES: number = 16 * 1024 * 1024;

/** Bytes of the system's buffer for datagrams that wait: a thousand lookups that come at once, with what the kernel needs beside them. */
export const UDP_RECEIVE_BUFFER_BYTES: number = 1024 * 1024;

/** Milliseconds without a call until a connection is closed. Option `connectionIdleTimeoutMs`. */
export const DEFAULT_CONNECTION_IDLE_MS: number = 120_000;

/** Bytes from which a reply counts as large. */
export const LARGE_REPLY_BYTES: number = 64 * 1024;

/** Connections that may be sent large replies at a time; on others the call is refused. A peer that does not read is ended in 35 s. */
export const MAX_LARGE_REPLIES: number = 64;

/**
 * Lines of each list of GETSTAT, of each version: what any program asks for becomes one, and so outsiders choose how many there are. What
 * comes when they are full is counted by procedure alone; rpcbind's lists grow without end.
 */
export const MAX_STATISTICS_LINES: number = 1024;

/** Indirect calls a second. Option `indirect.maxPerSecond`. */
export const DEFAULT_INDIRECT_PER_SECOND: number = 100;

/** Indirect calls at a time: rpcbind's. Option `indirect.maxInFlight`. */
export const DEFAULT_INDIRECT_IN_FLIGHT: number = 64;

/** Milliseconds that a service has to answer an indirect call. Option `indirect.timeoutMs`. */
export const DEFAULT_INDIRECT_TIMEOUT_MS: number = 10_000;

/** Milliseconds between rounds of pruning. Option `prune.intervalMs`. */
export const DEFAULT_PRUNE_INTERVAL_MS: number = 60_000;

/** Milliseconds that a service has to answer its NULL procedure. Option `prune.timeoutMs`. */
export const DEFAULT_PRUNE_TIMEOUT_MS: number = 5000;

/** Rounds without an answer until a registration is removed. Option `prune.failures`. */
export const DEFAULT_PRUNE_FAILURES: number = 3;

/** Services that are asked for their NULL procedure at a time. */
export const MAX_PROBES: number = 16;
