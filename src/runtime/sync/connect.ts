import { RpcAddress, isNetid } from "../address.ts";
import { checkConnectionOptions } from "../connection-options.ts";
import { RpcError } from "../error.ts";
import { isThisHost } from "../host.ts";
import { DEFAULT_TIMEOUT_MS } from "../limits.ts";
import { checkReconnect } from "../link.ts";
import { messageLimits } from "../open-connection.ts";
import { checkWord } from "../option-checks.ts";
import { portmapWays } from "../rpcbind/portmap.ts";
import type { ServiceId } from "../rpcbind/rpcbind-types.ts";
import type { SyncChannel } from "../transport/sync-channel.ts";
import { openSyncChannel } from "../transport/sync-open.ts";
import { resolveHostSync } from "../transport/sync-resolve.ts";
import { RpcSyncConnection } from "./connection.ts";
import { type LeftMs, lookupInetSync, lookupLocalSync } from "./lookup.ts";
import { type SyncConnectOptions, refuseAsyncOptions } from "./options.ts";

/**
 * Connects to the service of a program on a host, with the thread waiting. Throws what `connect` rejects with, and an error with the code
 * `TSRPC_NATIVE_MISSING` where there is no addon. Each step takes at most `timeoutMs`; a name that has to be resolved takes as long as the
 * system's resolver does.
 */
export function connectSync(service: ServiceId, to: string | SyncConnectOptions): RpcSyncConnection {
  const options = typeof to === "string" ? { host: to } : to;
  const { reconnect = true } = options;
  // All that throws does so here, before anybody is asked.
  refuseAsyncOptions(options);
  checkConnectionOptions(options);
  checkReconnect(reconnect);
  if (typeof options.portmap !== "object") checkWord("portmap", options.portmap, ["auto", "required", "off"]);
  messageLimits(options);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const channel = open(service, options, () => timeoutMs);
  // A datagram's socket does not end; its server may have gone to another port, where the port was the portmapper's word.
  const isFixed = !channel.isReliable && options.port !== undefined;
  if (reconnect === false || isFixed) return new RpcSyncConnection(channel, options);
  return new RpcSyncConnection(channel, options, {
    ...(reconnect === true ? {} : reconnect),
    // All steps together have what the call has left.
    open: (leftMs) => {
      const endMs = performance.now() + leftMs;
      return open(service, options, () => Math.min(Math.max(0, endMs - performance.now()), timeoutMs));
    },
  });
}

/** Finds the service, and opens a channel to it. */
function open(service: ServiceId, options: SyncConnectOptions, leftMs: LeftMs): SyncChannel {
  const { host = "localhost", portmap = "auto", path, reservedPort = false } = options;
  const openAt = (address: RpcAddress): SyncChannel =>
    openSyncChannel(address, { timeoutMs: leftMs(), reservedPort, ...messageLimits(options) });
  const netid = options.transport ?? (path === undefined ? "tcp" : "local");
  if (!isNetid(netid))
    throw new RpcError("RPC_UNKNOWNPROTO", `there is no blocking transport ${JSON.stringify(netid)}`);
  if (netid === "local") {
    if (path !== undefined) return openAt(RpcAddress.local(path));
    if (!isThisHost(host)) throw new RpcError("RPC_UNKNOWNPROTO", `a local socket is on this host, not on ${host}`);
    if (portmap === "off") throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the socket\'s path is needed');
    return openAt(lookupLocalSync(service, portmapWays(host, portmap), leftMs));
  }
  if (options.port === undefined && portmap === "off") {
    throw new RpcError("RPC_RPCBFAILURE", 'portmap is "off", so the port is needed');
  }
  let failure: unknown;
  for (const at of resolveHostSync(host, netid)) {
    try {
      const address =
        options.port === undefined
          ? lookupInetSync(service, at, portmapWays(isThisHost(host) ? host : at.host, portmap), leftMs)
          : RpcAddress.inet(at.netid, at.host, options.port);
      return openAt(address);
    } catch (error) {
      // The first address is the one that people mean; its failure tells more than the last one's.
      failure ??= error;
    }
  }
  throw failure;
}
