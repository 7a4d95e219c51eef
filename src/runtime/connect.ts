import type { TransportName } from "./address.ts";
import { type ConnectionOptions, checkConnectionOptions } from "./connection-options.ts";
import { RpcConnection } from "./connection.ts";
import { checkTimeout } from "./limits.ts";
import { type ReconnectOptions, checkReconnect } from "./link.ts";
import { type MessageLimits, messageLimits } from "./open-connection.ts";
import { openService } from "./open-service.ts";
import { checkBusyPoll, checkWord } from "./option-checks.ts";
import type { Portmap } from "./rpcbind/portmap.ts";
import type { ServiceId } from "./rpcbind/rpcbind-types.ts";
import { type ClientTlsOptions, type TlsMode, tlsOptions } from "./transport/tls-options.ts";

/** Where to connect, and how. */
export interface ConnectOptions extends ConnectionOptions, MessageLimits {
  /** Name or address. Default `localhost`. */
  readonly host?: string;
  /**
   * Default `auto`, the fastest that both ends have: on this host, by any of its names and addresses, the service's UNIX socket, and shared
   * memory (`shm`) where the server agrees to it; `tcp` where there is none, on other hosts, with a `port`, with a `reservedPort`, and
   * where TLS is required. `tcp` and `udp` take IPv4 or IPv6, whichever the host has, IPv4 first; `tcp6` and `udp6` IPv6 alone; `local` the UNIX
   * socket as it is. `sysvmq`, `fifo` and `local-dgram` need the `path`, Linux and the native addon, and are `RPC_UNKNOWNPROTO` without. `connection.transport` tells which it became.
   */
  readonly transport?: TransportName | "auto";
  /** The service's port; then no portmapper is asked. */
  readonly port?: number;
  /** The path of the service's UNIX socket, or of what another transport within a host has; then no portmapper is asked. */
  readonly path?: string;
  /** Whether and where to ask a portmapper. Default `auto`. */
  readonly portmap?: Portmap;
  /**
   * Whether a stream's connection that was lost is made again, at once when calls wait for it, else at the next call. Calls
   * in flight that are `idempotent` are sent again, the others fail with `RPC_CANTRECV`. Over udp, whether the portmapper that has told the port
   * is asked again when the server refuses or is silent. Default true.
   */
  readonly reconnect?: boolean | ReconnectOptions;
  /**
   * Milliseconds without a call, in either direction, until a stream's connection is closed; the next call makes it again. Default `Infinity`. A server
   * can't call back meanwhile.
   */
  readonly idleTimeoutMs?: number;
  /**
   * Microseconds to look for a reply over `shm`, for those who give a processor to it: the event loop does nothing else meanwhile. Default:
   * up to 50, where the server has been answering within such a time.
   */
  readonly busyPollUs?: number;
  /**
   * Whether this end takes a port below 1024 (C's bindresvport), which some servers want: root alone, or CAP_NET_BIND_SERVICE,
   * may. Default false.
   */
  readonly reservedPort?: boolean;
  /**
   * TLS by RFC 9289, on tcp; each connection asks the server anew. `required` fails with `RPC_CANTCONNECT` on a server or a transport
   * without it; a handshake that fails is an error in both modes. Options without a `mode` require it. Default `off`.
   */
  readonly tls?: TlsMode | ClientTlsOptions;
}

/**
 * Connects to the service of a program on a host. Rejects with an `RpcError`: `RPC_UNKNOWNHOST`, `RPC_UNKNOWNPROTO`,
 * `RPC_RPCBFAILURE`, `RPC_PROGNOTREGISTERED` or `RPC_CANTCONNECT`; with a `RangeError` or a `TypeError` for an option whose value
 * is none, before anything is opened. Each step takes at most `timeoutMs`.
 */
export async function connect(service: ServiceId, to: string | ConnectOptions): Promise<RpcConnection> {
  const options = typeof to === "string" ? { host: to } : to;
  const { idleTimeoutMs = Infinity, reconnect = true } = options;
  // All that throws does so here, before anybody is asked.
  checkConnectionOptions(options);
  checkTimeout(idleTimeoutMs, "idleTimeoutMs");
  checkReconnect(reconnect);
  checkBusyPoll(options.busyPollUs);
  if (typeof options.portmap !== "object") checkWord("portmap", options.portmap, ["auto", "required", "off"]);
  messageLimits(options);
  tlsOptions(options.tls);
  const transport = await openService(service, options);
  // A datagram's socket does not end; its server may have gone to another port, where the port was the portmapper's word.
  const isFixed = !transport.isReliable && options.port !== undefined;
  if (reconnect === false || isFixed) return new RpcConnection(transport, options);
  return new RpcConnection(transport, options, undefined, {
    ...(reconnect === true ? {} : reconnect),
    idleTimeoutMs: transport.isReliable ? idleTimeoutMs : Infinity,
    open: (signal) => openService(service, options, signal),
  });
}
