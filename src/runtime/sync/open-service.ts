/** From a service's name and a host to a channel, with the thread waiting: `../open-service.ts`, step by step. */
import { RpcAddress, isNetid, isTransportName } from "../address.ts";
import { RpcError } from "../error.ts";
import { type HostAddress, isThisHost } from "../host.ts";
import { messageLimits } from "../open-connection.ts";
import { portmapWays } from "../rpcbind/portmap.ts";
import type { ServiceId } from "../rpcbind/rpcbind-types.ts";
import type { AskForShm } from "../transport/open.ts";
import type { SyncChannel } from "../transport/sync-channel.ts";
import { openSyncChannel } from "../transport/sync-open.ts";
import { resolveHostSync } from "../transport/sync-resolve.ts";
import { type LeftMs, lookupInetSync, lookupLocalSync } from "./lookup.ts";
import type { SyncConnectOptions } from "./options.ts";

/** Finds the service, and opens a channel to it. */
export function openServiceSync(service: ServiceId, options: SyncConnectOptions, leftMs: LeftMs): SyncChannel {
  const { host = "localhost", transport = "auto" } = options;
  const unknown = (why: string): RpcError => new RpcError("RPC_UNKNOWNPROTO", why);
  if (transport === "auto") return openBest(service, options, leftMs);
  if (!isTransportName(transport)) throw unknown(`there is no transport ${JSON.stringify(transport)}`);
  if (transport === "local" || transport === "shm") {
    if (!isThisHost(host)) throw unknown(`a local socket is on this host, not on ${host}`);
    const at = findLocal(service, options, leftMs);
    return transport === "local"
      ? openAt(at, options, leftMs)
      : openAt(RpcAddress.sameHost("shm", at.path), options, leftMs, shmFor(service, options));
  }
  if (!isNetid(transport)) throw unknown(`there is no blocking transport ${JSON.stringify(transport)}`);
  return openInet(service, () => resolveHostSync(host, transport), options, leftMs);
}

function shmFor(service: ServiceId, { busyPollUs }: SyncConnectOptions): AskForShm {
  return { service, busyPollUs };
}

function openAt(at: RpcAddress, options: SyncConnectOptions, leftMs: LeftMs, shm?: AskForShm): SyncChannel {
  const { reservedPort = false } = options;
  return openSyncChannel(at, { timeoutMs: leftMs(), reservedPort, shm, ...messageLimits(options) });
}

/** The fastest way that both ends have. */
function openBest(service: ServiceId, options: SyncConnectOptions, leftMs: LeftMs): SyncChannel {
  const { host = "localhost", path, port, portmap } = options;
  if (path !== undefined) return openLocal(service, RpcAddress.local(path), options, leftMs);
  const needsTcp = port !== undefined || portmap === "off" || options.reservedPort === true;
  let addresses: HostAddress[] | undefined;
  const resolve = (): HostAddress[] => (addresses ??= resolveHostSync(host, "tcp"));
  const isHere = (): boolean => isThisHost(host) || resolve().some((at) => isThisHost(at.host));
  if (needsTcp || !isHere()) return openInet(service, resolve, options, leftMs);
  let failure: unknown;
  try {
    return openLocal(service, findLocal(service, options, leftMs), options, leftMs);
  } catch (error) {
    failure = error;
  }
  try {
    return openInet(service, resolve, options, leftMs);
  } catch (error) {
    // A server that is there and can't be reached tells more than that there is none on tcp.
    throw failure instanceof RpcError && failure.code === "RPC_CANTCONNECT" ? failure : error;
  }
}

/** A local channel, upgraded to shm where the server agrees. */
function openLocal(service: ServiceId, at: RpcAddress, options: SyncConnectOptions, leftMs: LeftMs): SyncChannel {
  try {
    return openAt(at, options, leftMs, shmFor(service, options));
  } catch (error) {
    // There may be a server that is not up to the question.
    try {
      return openAt(at, options, leftMs);
    } catch {
      throw error;
    }
  }
}

function findLocal(service: ServiceId, options: SyncConnectOptions, leftMs: LeftMs): RpcAddress {
  const { host = "localhost", path, portmap = "auto" } = options;
  if (path !== undefined) return RpcAddress.local(path);
  if (portmap === "off") throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the socket\'s path is needed');
  // A name may be one of this host's without being known for it.
  return lookupLocalSync(service, portmapWays(isThisHost(host) ? host : "localhost", portmap), leftMs);
}

function openInet(
  service: ServiceId,
  resolve: () => HostAddress[],
  options: SyncConnectOptions,
  leftMs: LeftMs,
): SyncChannel {
  const { host = "localhost", port, portmap = "auto" } = options;
  if (port === undefined && portmap === "off") {
    throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the port is needed');
  }
  let failure: unknown;
  for (const at of resolve()) {
    try {
      const address =
        port === undefined
          ? lookupInetSync(service, at, portmapWays(isThisHost(host) ? host : at.host, portmap), leftMs)
          : RpcAddress.inet(at.netid, at.host, port);
      return openAt(address, options, leftMs);
    } catch (error) {
      // The first address is the one that people mean; its failure tells more than the last one's.
      failure ??= error;
    }
  }
  throw failure;
}
