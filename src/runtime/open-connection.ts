import type { RpcAddress } from "./address.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import { RpcConnection } from "./connection.ts";
import {
  DEFAULT_KEEP_ALIVE_MS,
  DEFAULT_MAX_FRAGMENTS,
  DEFAULT_MAX_RECORD_BYTES,
  DEFAULT_MAX_UDP_BYTES,
  DEFAULT_STALL_TIMEOUT_MS,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_UNACKNOWLEDGED_MS,
  KEEP_ALIVE_PROBES_MS,
  MAX_RECORD_BYTES,
  MIN_MESSAGE_BYTES,
  checkTimeout,
} from "./limits.ts";
import type { ByteBudget } from "./transport/byte-budget.ts";
import { type AskForShm, openTransport } from "./transport/open.ts";
import type { StartTls } from "./transport/start-tls.ts";
import type { StreamOptions } from "./transport/stream.ts";
import type { Transport } from "./transport/transport.ts";

/** Bounds of messages, of a client or a server. */
export interface MessageLimits {
  /** Bytes of a record on a stream, sent or received. Default 4 MiB. */
  readonly maxRecordBytes?: number;
  /** Bytes of a record that is received, where it may be shorter than what is sent. Default: `maxRecordBytes`. */
  readonly maxReceivedBytes?: number;
  /** Fragments of a record. Default 4096. */
  readonly maxFragments?: number;
  /** Bytes of a datagram to send. Default 8800 (libtirpc's), at most 65 507. */
  readonly maxUdpBytes?: number;
  /**
   * Milliseconds that the peer of a stream has for each step: to go on with a record that it has begun, to read what it was
   * sent, for a server to answer a client that sends no more, and for a server's client to send its first call, with the TLS handshake in front of it. Then the connection is closed. Default 35 000 (libtirpc's); `Infinity`: for ever.
   */
  readonly stallTimeoutMs?: number;
  /** Milliseconds of silence after which the system asks whether the peer of a tcp connection is alive. Default 60 000; `Infinity`: never. */
  readonly keepAliveMs?: number;
  /**
   * Milliseconds that the peer's system may leave what was sent over tcp unacknowledged until the connection is given up: it has
   * vanished, or the network has. However slow its process is, a system acknowledges, until its buffers are full: Linux counts the
   * time in which they are. Needs Linux and the native addon; elsewhere the system's own time holds (Linux: net.ipv4.tcp_retries2, about
   * 15 minutes). Default 70 000, or more where `stallTimeoutMs` is, or `keepAliveMs` and its probes are; `Infinity`: the system's own.
   */
  readonly unacknowledgedTimeoutMs?: number;
}

/** Opens a connection to an address that is known, and that is not made again. Rejects with `RPC_CANTCONNECT`. */
export async function openConnection(
  to: RpcAddress,
  options: ConnectionOptions & OpenTransportOptions = {},
): Promise<RpcConnection> {
  return new RpcConnection(await openTransportTo(to, options), options);
}

/** What a transport is opened with. */
export interface OpenTransportOptions extends MessageLimits {
  /** Milliseconds until it gives up. Default 25 000. */
  readonly timeoutMs?: number;
  /** Whether this end takes a port below 1024. Default false. */
  readonly reservedPort?: boolean;
  /** TLS that is to be put on a stream. */
  readonly startTls?: StartTls | undefined;
  /** What shm is asked for with, on a local connection. */
  readonly shm?: AskForShm | undefined;
  /** Ends the attempt when it fires, at once. Of no interest once there is a transport. */
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with `RPC_CANTCONNECT`. */
export function openTransportTo(to: RpcAddress, options: OpenTransportOptions): Promise<Transport> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, reservedPort = false, startTls, shm, signal } = options;
  return openTransport(to, { timeoutMs, reservedPort, startTls, shm, signal, ...messageLimits(options) });
}

/** What a stream takes of the limits. */
export function streamOptions(limits: MessageLimits, budget?: ByteBudget): Omit<StreamOptions, "end" | "path"> {
  const { records, stallTimeoutMs, keepAliveMs, unacknowledgedTimeoutMs } = messageLimits(limits);
  return { records: { ...records, budget }, stallTimeoutMs, keepAliveMs, unacknowledgedTimeoutMs };
}

/** The limits with their defaults, as transports take them. Throws a `RangeError` for one that bounds nothing. */
export function messageLimits(limits: MessageLimits): {
  records: { maxBytes: number; maxSentBytes: number; maxFragments: number };
  maxUdpBytes: number;
  stallTimeoutMs: number;
  keepAliveMs: number;
  unacknowledgedTimeoutMs: number;
} {
  const {
    maxRecordBytes = DEFAULT_MAX_RECORD_BYTES,
    maxReceivedBytes = maxRecordBytes,
    maxFragments = DEFAULT_MAX_FRAGMENTS,
    maxUdpBytes = DEFAULT_MAX_UDP_BYTES,
    stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS,
    keepAliveMs = DEFAULT_KEEP_ALIVE_MS,
    unacknowledgedTimeoutMs = Math.max(
      DEFAULT_UNACKNOWLEDGED_MS,
      stallTimeoutMs,
      keepAliveMs === Infinity ? 0 : keepAliveMs + KEEP_ALIVE_PROBES_MS,
    ),
  } = limits;
  check("maxRecordBytes", maxRecordBytes, MIN_MESSAGE_BYTES, MAX_RECORD_BYTES);
  check("maxReceivedBytes", maxReceivedBytes, MIN_MESSAGE_BYTES, maxRecordBytes);
  check("maxFragments", maxFragments, 1, Number.MAX_SAFE_INTEGER);
  check("maxUdpBytes", maxUdpBytes, MIN_MESSAGE_BYTES, Number.MAX_SAFE_INTEGER);
  checkTimeout(stallTimeoutMs, "stallTimeoutMs");
  checkTimeout(keepAliveMs, "keepAliveMs");
  checkTimeout(unacknowledgedTimeoutMs, "unacknowledgedTimeoutMs");
  const records = { maxBytes: maxReceivedBytes, maxSentBytes: maxRecordBytes, maxFragments };
  return { records, maxUdpBytes, stallTimeoutMs, keepAliveMs, unacknowledgedTimeoutMs };
}

function check(name: string, value: number, least: number, most: number): void {
  // NaN compares false with everything, and so would bound nothing.
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}, not a whole number from ${least} to ${most}`);
}
