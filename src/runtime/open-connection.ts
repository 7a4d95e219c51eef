import type { RpcAddress } from "./address.ts";
import { RpcConnection, type ConnectionOptions } from "./connection.ts";
import {
  DEFAULT_MAX_FRAGMENTS,
  DEFAULT_MAX_RECORD_BYTES,
  DEFAULT_MAX_UDP_BYTES,
  DEFAULT_TIMEOUT_MS,
  MAX_RECORD_BYTES,
  MIN_MESSAGE_BYTES,
} from "./limits.ts";
import { openTransport } from "./transport/open.ts";

/** Bounds of messages, of a client or a server. */
export interface MessageLimits {
  /** Bytes of a record on a stream, sent or received. Default 4 MiB. */
  readonly maxRecordBytes?: number;
  /** Fragments of a record. Default 4096. */
  readonly maxFragments?: number;
  /** Bytes of a datagram to send. Default 8800 (libtirpc's), at most 65 507. */
  readonly maxUdpBytes?: number;
}

/** Opens a connection to an address that is known. Rejects with `RPC_CANTCONNECT`. */
export async function openConnection(
  to: RpcAddress,
  options: ConnectionOptions & MessageLimits & { readonly reservedPort?: boolean } = {},
): Promise<RpcConnection> {
  const transport = await openTransport(to, {
    reservedPort: options.reservedPort ?? false,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...messageLimits(options),
  });
  return new RpcConnection(transport, options);
}

/** The limits with their defaults, as transports take them. Throws a `RangeError` for one that bounds nothing. */
export function messageLimits(limits: MessageLimits): {
  records: { maxBytes: number; maxFragments: number };
  maxUdpBytes: number;
} {
  const {
    maxRecordBytes = DEFAULT_MAX_RECORD_BYTES,
    maxFragments = DEFAULT_MAX_FRAGMENTS,
    maxUdpBytes = DEFAULT_MAX_UDP_BYTES,
  } = limits;
  check("maxRecordBytes", maxRecordBytes, MIN_MESSAGE_BYTES, MAX_RECORD_BYTES);
  check("maxFragments", maxFragments, 1, Number.MAX_SAFE_INTEGER);
  check("maxUdpBytes", maxUdpBytes, MIN_MESSAGE_BYTES, Number.MAX_SAFE_INTEGER);
  return { records: { maxBytes: maxRecordBytes, maxFragments }, maxUdpBytes };
}

function check(name: string, value: number, least: number, most: number): void {
  // NaN compares false with everything, and so would bound nothing.
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}, not a whole number from ${least} to ${most}`);
}
