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

/** Bytes of a write buffer that a connection keeps between messages; a larger one is kept for the next large message alone, and not from the collector. */
export const KEPT_WRITER_BYTES: number = 256 * 1024;

/** Bytes from which on a message is not copied to be sent: its write buffer is a stream's until the system has taken it. */
export const LENT_BYTES: number = 64 * 1024;

/** Write buffers that are kept for the next large messages, though not from the collector: as many as are on their way at a time. */
export const KEPT_LARGE_WRITERS: number = 8;

/** Bytes of memory that a reader holds on to between messages, so that the next one in it needs no views of its own. */
export const KEPT_READER_BYTES: number = 64 * 1024;

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

/** Bytes of each of the two rings of a shm connection: what is longer goes in pieces. They lie in memory that is taken up as it is first written to. */
export const SHM_RING_BYTES: number = 512 * 1024;

/** Bytes that are taken out of a ring at a time. */
export const SHM_PIECE_BYTES: number = 128 * 1024;

/**
 * Microseconds that an end of a shm connection looks for an answer before it sleeps, where its peer has been answering as fast; the event
 * loop does nothing else meanwhile. Option `busyPollUs`. About what it takes to wake a processor that sleeps.
 */
export const SHM_LOOK_US: number = 50;

/** The same of each look, where several connections of a thread look in turn. */
export const SHM_LOOK_SHARE_US: number = 2;

/**
 * Microseconds that an end of a shm connection goes on with a message that is longer than the ring has room for, while the peer makes room as fast
 * (within `SHM_LOOK_US`): then the event loop has a turn, and the bell tells of room. About what 4 MiB take.
 */
export const SHM_ROOM_LOOK_US: number = 1000;

/** Microseconds after which the event loop has a turn, however fast calls and replies follow each other. */
export const SHM_TURN_US: number = 200;

/** Milliseconds that a server has for the answer whether it speaks shm, and a client to come for it: without, a connection stays as it is. */
export const SHM_OFFER_TIMEOUT_MS: number = 1000;

/** Offers of shm that a server has open at a time; more are refused, and their connections stay as they are. */
export const MAX_SHM_OFFERS: number = 256;

/** Of those to processes of one user: nobody keeps the others from shm who asks, and does not come. */
export const MAX_SHM_OFFERS_PER_USER: number = 128;

/** Of those to one process, as the kernel says whose connection it is. */
export const MAX_SHM_OFFERS_PER_PROCESS: number = 64;

/** Least that `maxRecordBytes` and `maxUdpBytes` can be: each header of a reply that says what is wrong fits. */
export const MIN_MESSAGE_BYTES: number = 64;

/** Most that `maxRecordBytes` can be: what a fragment's header can state. */
export const MAX_RECORD_BYTES: number = 0x7fff_ffff;

/** Throws a `RangeError` for a time that is none: Node's timers take NaN and negative numbers for 1 ms. A `TypeError` for what is no number. */
export function checkTimeout(timeoutMs: number, name = "timeoutMs"): void {
  if (typeof timeoutMs !== "number") throw new TypeError(`${name} is ${JSON.stringify(timeoutMs)}, not a number of milliseconds`); // prettier-ignore
  if (!(timeoutMs >= 0)) throw new RangeError(`${name} is ${String(timeoutMs)}, not a number of milliseconds`);
}

/** Mode of a local service's socket. Option `mode`. */
export const DEFAULT_SOCKET_MODE: number = 0o600;

/** Datagrams that the system has not taken yet, above which `flush` is waited for. */
export const MAX_DATAGRAMS_QUEUED: number = 64;

/** Shorthands that a server of AUTH_SHORT remembers. Option `maxShorthands` of `serverAuthSys`. */
export const DEFAULT_MAX_SHORTHANDS: number = 1024;

/** Times that a call is made again because the server rejected its credentials and the flavor has others: libtirpc's. */
export const MAX_AUTH_REFRESHES: number = 2;

/**
 * Milliseconds until a datagram without a reply is sent again, before anything is known of the round trip. libtirpc waits 15 s,
 * which is more than half of a call's time.
 */
export const INITIAL_TRY_TIMEOUT_MS: number = 1000;

/** The least that an estimate of the round trip makes of that: a busy server is no lost datagram. */
export const MIN_TRY_TIMEOUT_MS: number = 100;

/** The most that backing off makes of it. */
export const MAX_TRY_TIMEOUT_MS: number = 15_000;

/**
 * Milliseconds that a call over udp goes on that the peer's host refuses, since nobody listens at the port (ICMP): it is sent again, and a server
 * that restarts answers it. Then it fails with RPC_CANTRECV. Option `refusedTimeoutMs`; libtirpc fails at once.
 */
export const DEFAULT_REFUSED_TIMEOUT_MS: number = 2000;

/** Milliseconds until it is sent again after the first refusal, doubled each time. */
export const REFUSED_RETRY_MS: number = 100;

/** Datagrams of a call without a reply to any call from which on the portmapper is asked whether the server is elsewhere. */
export const SILENT_TRANSMISSIONS: number = 3;

/** The least milliseconds between two such questions. */
export const RENEWAL_INTERVAL_MS: number = 1000;

/** Attempts to connect again before the calls that wait for it fail. Option `reconnect.maxAttempts`. */
export const DEFAULT_RECONNECT_ATTEMPTS: number = 3;

/** Milliseconds before the second attempt to connect again; each further one waits twice as long. Option `reconnect.initialDelayMs`. */
export const DEFAULT_RECONNECT_DELAY_MS: number = 100;

/** The longest wait between two attempts. Option `reconnect.maxDelayMs`. */
export const MAX_RECONNECT_DELAY_MS: number = 5000;

/**
 * Milliseconds that a peer of a stream has for each step: its next piece of a record that it has begun, its reading of what
 * waits for it, and on a server its first record. Option `stallTimeoutMs`; libtirpc's.
 */
export const DEFAULT_STALL_TIMEOUT_MS: number = 35_000;

/** Bytes of a record that count as a step: who sends them one by one stalls. */
export const STALL_PROGRESS_BYTES: number = 16 * 1024;

/** Milliseconds without traffic until the system asks whether the peer of a tcp connection is alive. Option `keepAliveMs`. */
export const DEFAULT_KEEP_ALIVE_MS: number = 60_000;

/**
 * Milliseconds that the peer's system may leave data of a tcp connection unacknowledged until it is given up. Option
 * `unacknowledgedTimeoutMs`. As long as keep-alive takes to find that a silent peer is gone: where it is less, Linux gives a silent
 * connection up at the first probe that is lost.
 */
export const DEFAULT_UNACKNOWLEDGED_MS: number = 70_000;

/** Milliseconds that keep-alive's probes take: Node has ten of them sent, one a second. */
export const KEEP_ALIVE_PROBES_MS: number = 10_000;

/** Bytes of all records of a server that have begun and not ended; above it the connection that holds the most ends. Option `maxInProgressBytes`. */
export const DEFAULT_MAX_IN_PROGRESS_BYTES: number = 64 * 1024 * 1024;
/** Milliseconds that a broadcast waits for replies. Option `timeoutMs` of `broadcast`. libtirpc waits 4 s, asks again and waits 8 s. */
export const DEFAULT_BROADCAST_TIMEOUT_MS: number = 12_000;

/**
 * Milliseconds until a broadcast is sent again, doubled each time. Option `retransmitMs`. libtirpc's 4 s would be more than many
 * callers give the whole of it, and so leave a lost datagram lost.
 */
export const DEFAULT_BROADCAST_RETRANSMIT_MS: number = 1000;

/** Replies after which a broadcast ends: the addresses of those who have answered are remembered. Option `maxReplies`. */
export const DEFAULT_MAX_BROADCAST_REPLIES: number = 10_000;

/** Bytes of replies to a broadcast that wait to be read. What comes beyond is lost, as in a full socket; the next transmission asks for it again. */
export const MAX_BROADCAST_UNREAD_BYTES: number = 4 * 1024 * 1024;
/**
 * Answered requests that a server remembers, so that a duplicate is not run again. Option `duplicateCache.maxEntries`. A call whose datagrams
 * are lost eight times in a row comes again after seconds, in which a fast client makes ten thousand others. An entry takes about 130 bytes, or 220 where each has a caller of its own.
 */
export const DEFAULT_DUPLICATE_ENTRIES: number = 65_536;

/** Bytes of the replies that it keeps for them; above that the oldest replies go, and their duplicates get none. Option `duplicateCache.maxBytes`. */
export const DEFAULT_DUPLICATE_BYTES: number = 16 * 1024 * 1024;

/**
 * Calls that a client of a stream makes at most before it reads a reply: which of them it has lost with its connection, nobody knows. A request that is older is not taken
 * for its, but for another client's with the same xid.
 */
export const MAX_UNREAD_REPLIES: number = 1024;

/** Milliseconds that it remembers a request from its answer on: Linux's nfsd does it as long. Option `duplicateCache.maxAgeMs`. */
export const DEFAULT_DUPLICATE_AGE_MS: number = 120_000;

/** Calls of a server that run at a time. Option `maxConcurrentCalls`. Only a service knows how many it bears. */
export const DEFAULT_MAX_CONCURRENT_CALLS: number = Infinity;

/** Calls that wait for their turn where that is limited. Option `maxQueuedCalls`. */
export const DEFAULT_MAX_QUEUED_CALLS: number = 1024;

/**
 * Calls of one stream that have been read and find no room in the queue of a server with `maxConcurrentCalls`: more than one read
 * brings. While calls in the other direction wait, reading goes on, and what is beyond is answered SYSTEM_ERR.
 */
export const MAX_HELD_CALLS: number = 4096;

/** Bytes that the other end of a connection without a socket has not read, above which one-way calls wait: about a socket's buffer. */
export const MAX_MEMORY_UNREAD_BYTES: number = 64 * 1024;

/**
 * Milliseconds that a blocking call waits in the kernel at a time: so long a worker that is being terminated, or a process that ends while a
 * worker waits, can take at most.
 */
export const SYNC_STEP_MS: number = 200;

/** Bytes that a blocking connection reads at a time. */
export const SYNC_RECEIVE_BYTES: number = 64 * 1024;

/** Messages that a blocking connection keeps that have come before anyone waits for them; the oldest go first. */
export const SYNC_MAX_UNREAD_MESSAGES: number = 64;

/** Milliseconds without a call after which a blocking connection looks whether its peer is still there before it sends the next one. */
export const SYNC_IDLE_MS: number = 1;

/**
 * Bytes of a stream in pieces (`sysvmq`, `fifo`) that are under way, or that the other end has not read, in each direction: about a
 * socket's buffer, and what a client can make a server hold of it.
 */
export const MAX_UNTAKEN_BYTES: number = 64 * 1024;

/** Milliseconds until a server of `sysvmq` or `fifo` that has not answered is asked again for a connection. */
export const OPEN_AGAIN_MS: number = 100;

/** Bytes of a message in a System V queue: Linux's usual bound (/proc/sys/kernel/msgmax). A queue that holds less has shorter ones. */
export const MAX_QUEUE_PIECE_BYTES: number = 8192;

/** Bytes of replies that a client without any in the queue is sent whatever room there is: they wait for room. */
export const MIN_QUEUE_SHARE_BYTES: number = 1024;

/** Of the room that the queue of replies has left, the part that one client may fill: who reads nothing leaves some to the others. */
export const QUEUE_SHARE: number = 0.25;

/** The descriptor at which a server finds the parent that has started it. Option `fd` of `spawnServer`: the first behind standard error. */
export const PIPE_DESCRIPTOR: number = 3;

/** Milliseconds that a server which was started by `spawnServer` has to end, once its connection is closed. Option `exitTimeoutMs`. */
export const DEFAULT_EXIT_TIMEOUT_MS: number = 5000;

/** Milliseconds that the end of such a server's stream waits for the end of its process, and the other way round: to tell how it ended, and to read what it sent. */
export const EXIT_REASON_TIMEOUT_MS: number = 500;

/** Bytes of a message over `local-dgram`, where `maxRecordBytes` is not less: the system's usual buffer holds three. */
export const MAX_LOCAL_DATAGRAM_BYTES: number = 64 * 1024;
