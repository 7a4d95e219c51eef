/** From a service's name and a host to a transport: which way there is, and the address at its end. */
import { RpcAddress, type TransportName, isNetid, isTransportName } from "./address.ts";
import type { ConnectOptions } from "./connect.ts";
import { RpcError } from "./error.ts";
import { type HostAddress, isThisHost, resolveHost } from "./host.ts";
import { DEFAULT_TIMEOUT_MS } from "./limits.ts";
import { openTransportTo } from "./open-connection.ts";
import { lookupInet, lookupLocal } from "./rpcbind/lookup.ts";
import { portmapWays } from "./rpcbind/portmap.ts";
import type { ServiceId } from "./rpcbind/rpcbind-types.ts";
import { tlsOptions } from "./transport/tls-options.ts";
import type { Transport } from "./transport/transport.ts";

type Options = ConnectOptions & { readonly signal?: AbortSignal | undefined };
type InetNetid = HostAddress["netid"];

/** Finds the service, and opens a transport to it. Where the signal fires, it rejects, and leaves nothing open. */
export async function openService(
  service: ServiceId,
  connectOptions: ConnectOptions,
  signal?: AbortSignal,
): Promise<Transport> {
  const options = { ...connectOptions, signal };
  const { mode } = tlsOptions(options.tls);
  const transport = options.transport ?? "auto";
  if (transport !== "auto" && !isTransportName(transport))
    throw new RpcError("RPC_UNKNOWNPROTO", `there is no transport ${JSON.stringify(transport)}`);
  if (mode === "required" && !["auto", "tcp", "tcp6"].includes(transport))
    throw new RpcError("RPC_CANTCONNECT", `TLS is required, and goes over tcp alone, not over ${transport}`);
  if (transport === "auto") return openBest(service, options);
  if (isNetid(transport) && transport !== "local") {
    const { host = "localhost" } = options;
    return openInet(service, () => resolveHost(host, transport), options);
  }
  return openSameHost(service, transport, options);
}

/** The fastest way that both ends have. */
async function openBest(service: ServiceId, options: Options): Promise<Transport> {
  const { host = "localhost", path, port, portmap, signal } = options;
  if (path !== undefined) return openLocal(service, RpcAddress.local(path), options);
  const needsTcp =
    port !== undefined ||
    portmap === "off" ||
    options.reservedPort === true ||
    tlsOptions(options.tls).mode === "required";
  let addresses: Promise<HostAddress[]> | undefined;
  const resolve = (): Promise<HostAddress[]> => (addresses ??= resolveHost(host, "tcp"));
  if (needsTcp || !(isThisHost(host) || isOurs(await resolve()))) return openInet(service, resolve, options);
  let failure: unknown;
  try {
    return await openLocal(service, await findLocal(service, options), options);
  } catch (error) {
    signal?.throwIfAborted();
    failure = error;
  }
  try {
    return await openInet(service, resolve, options);
  } catch (error) {
    // A server that is there and can't be reached tells more than that there is none on tcp.
    throw failure instanceof RpcError && failure.code === "RPC_CANTCONNECT" ? failure : error;
  }
}

function isOurs(addresses: readonly HostAddress[]): boolean {
  return addresses.some(({ host }) => isThisHost(host));
}

/** A local connection, upgraded to shm where the server agrees. */
async function openLocal(service: ServiceId, address: RpcAddress, options: Options): Promise<Transport> {
  try {
    return await openTransportTo(address, { ...options, shm: { service, busyPollUs: options.busyPollUs } });
  } catch (error) {
    options.signal?.throwIfAborted();
    // There may be a server that is not up to the question.
    const plain = await openTransportTo(address, options).catch(() => undefined);
    if (plain === undefined) throw error;
    return plain;
  }
}

async function openSameHost(
  service: ServiceId,
  transport: Exclude<TransportName, InetNetid>,
  options: Options,
): Promise<Transport> {
  const { host = "localhost", path } = options;
  if (!isThisHost(host)) throw new RpcError("RPC_UNKNOWNPROTO", `a local socket is on this host, not on ${host}`);
  if (transport === "local") {
    const at = path === undefined ? await findLocal(service, options) : RpcAddress.local(path);
    return openTransportTo(at, options);
  }
  if (transport === "shm") {
    const at = path ?? (await findLocal(service, options)).path;
    const shm = { service, busyPollUs: options.busyPollUs };
    return openTransportTo(RpcAddress.sameHost(transport, at), { ...options, shm });
  }
  const unknown = (why: string): RpcError => new RpcError("RPC_UNKNOWNPROTO", why);
  if (transport === "pipe") throw unknown("a pipe leads to a process that spawnServer has started, and to no other");
  if (path === undefined)
    throw unknown(`over ${transport} a service is found by its path alone, which no portmapper knows`);
  return openTransportTo(RpcAddress.sameHost(transport, path), options);
}

function findLocal(service: ServiceId, options: Options): Promise<RpcAddress> {
  const { host = "localhost", portmap = "auto", timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  if (portmap === "off")
    throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the path of the service\'s socket is needed');
  // A name may be one of this host's without being known for it.
  return lookupLocal(service, portmapWays(isThisHost(host) ? host : "localhost", portmap), timeoutMs, signal);
}

async function openInet(
  service: ServiceId,
  resolve: () => Promise<HostAddress[]>,
  options: Options,
): Promise<Transport> {
  const { host = "localhost", port, portmap = "auto", timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const { mode, ...tls } = tlsOptions(options.tls);
  if (port === undefined && portmap === "off")
    throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the port is needed');
  let failure: unknown;
  for (const at of await resolve()) {
    try {
      signal?.throwIfAborted();
      const ways = portmapWays(isThisHost(host) ? host : at.host, portmap);
      const address =
        port === undefined
          ? await lookupInet(service, at, ways, timeoutMs, signal)
          : RpcAddress.inet(at.netid, at.host, port);
      const startTls =
        mode === "off" || at.netid.startsWith("udp") ? undefined : { service, host, tls: { ...tls, mode } };
      return await openTransportTo(address, { ...options, startTls });
    } catch (error) {
      // The first address is the one that people mean; its failure tells more than the last one's.
      failure ??= error;
    }
  }
  throw failure;
}
