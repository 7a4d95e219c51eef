import { RpcAddress, type SameHostTransport, type TransportName, isNetid, isPathTransport } from "./address.ts";
import { type ConnectionOptions, checkConnectionOptions } from "./connection-options.ts";
import { RpcConnection } from "./connection.ts";
import { RpcError } from "./error.ts";
import { isThisHost, resolveHost } from "./host.ts";
import { DEFAULT_TIMEOUT_MS, checkTimeout } from "./limits.ts";
import { type ReconnectOptions, checkReconnect } from "./link.ts";
import { type MessageLimits, messageLimits, openTransportTo } from "./open-connection.ts";
import { checkWord } from "./option-checks.ts";
import { lookupInet, lookupLocal } from "./rpcbind/lookup.ts";
import { type Portmap, portmapWays } from "./rpcbind/portmap.ts";
import type { ServiceId } from "./rpcbind/rpcbind-types.ts";
import { type ClientTlsOptions, type TlsMode, tlsOptions } from "./transport/tls-options.ts";
import type { Transport } from "./transport/transport.ts";

/** Where to connect, and how. */
export interface ConnectOptions extends ConnectionOptions, MessageLimits {
  /** Name or address. Default `localhost`. */
  readonly host?: string;
  /**
   * Default `tcp`. `tcp` and `udp` take IPv4 or IPv6, whichever the host has, IPv4 first; `tcp6` and `udp6` IPv6 alone;
   * `local` the service's UNIX socket on this host. `sysvmq`, `fifo` and `local-dgram`, which need the `path`, Linux and the native addon, are within this
   * host, too; where the addon is missing they are `RPC_UNKNOWNPROTO`.
   */
  readonly transport?: TransportName;
  /** The service's port; then no portmapper is asked. */
  readonly port?: number;
  /** The path of the service on this host; then no portmapper is asked, and the transport is `local` where none is said. */
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
  const { timeoutMs = DEFAULT_TIMEOUT_MS, idleTimeoutMs = Infinity, reconnect = true } = options;
  // All that throws does so here, before anybody is asked.
  checkConnectionOptions(options);
  checkTimeout(idleTimeoutMs, "idleTimeoutMs");
  checkReconnect(reconnect);
  if (typeof options.portmap !== "object") checkWord("portmap", options.portmap, ["auto", "required", "off"]);
  messageLimits(options);
  tlsOptions(options.tls);
  const transport = await open(service, options, timeoutMs);
  // A datagram's socket does not end; its server may have gone to another port, where the port was the portmapper's word.
  const isFixed = !transport.isReliable && options.port !== undefined;
  if (reconnect === false || isFixed) return new RpcConnection(transport, options);
  return new RpcConnection(transport, options, undefined, {
    ...(reconnect === true ? {} : reconnect),
    idleTimeoutMs: transport.isReliable ? idleTimeoutMs : Infinity,
    open: (signal) => open(service, options, timeoutMs, signal),
  });
}

/** Finds the service, and opens a transport to it. Where the signal fires, it rejects, and leaves nothing open. */
async function open(
  service: ServiceId,
  connectOptions: ConnectOptions,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Transport> {
  const options = { ...connectOptions, signal };
  const { host = "localhost", portmap = "auto", path } = options;
  const { mode, ...tls } = tlsOptions(options.tls);
  const netid = options.transport ?? (path === undefined ? "tcp" : "local");
  if (mode === "required" && netid !== "tcp" && netid !== "tcp6") {
    throw new RpcError("RPC_CANTCONNECT", `TLS is required, and goes over tcp alone, not over ${netid}`);
  }
  if (!isNetid(netid)) return openTransportTo(hostAddress(netid, path), options);
  if (netid === "local") {
    if (path !== undefined) return openTransportTo(RpcAddress.local(path), options);
    if (!isThisHost(host)) throw new RpcError("RPC_UNKNOWNPROTO", `a local socket is on this host, not on ${host}`);
    if (portmap === "off") throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the socket\'s path is needed');
    return openTransportTo(await lookupLocal(service, portmapWays(host, portmap), timeoutMs, signal), options);
  }
  if (options.port === undefined && portmap === "off") {
    throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the port is needed');
  }
  let failure: unknown;
  for (const at of await resolveHost(host, netid)) {
    try {
      signal?.throwIfAborted();
      const address =
        options.port === undefined
          ? await lookupInet(service, at, portmapWays(isThisHost(host) ? host : at.host, portmap), timeoutMs, signal)
          : RpcAddress.inet(at.netid, at.host, options.port);
      const startTls = mode === "off" ? undefined : { service, host, tls: { ...tls, mode } };
      return await openTransportTo(address, { ...options, startTls });
    } catch (error) {
      // The first address is the one that people mean; its failure tells more than the last one's.
      failure ??= error;
    }
  }
  throw failure;
}

/** Where a transport is to be found that no portmapper knows. Throws `RPC_UNKNOWNPROTO` for what is none. */
function hostAddress(transport: SameHostTransport, path: string | undefined): RpcAddress {
  const unknown = (why: string): RpcError => new RpcError("RPC_UNKNOWNPROTO", why);
  if (transport === "pipe") throw unknown("a pipe leads to a process that spawnServer has started, and to no other");
  if (!isPathTransport(transport)) throw unknown(`there is no transport ${JSON.stringify(transport)}`);
  if (path === undefined)
    throw unknown(`over ${transport} a service is found by its path alone, which no portmapper knows`);
  return RpcAddress.sameHost(transport, path);
}
