import { checkConnectionOptions } from "../connection-options.ts";
import { DEFAULT_TIMEOUT_MS } from "../limits.ts";
import { checkReconnect } from "../link.ts";
import { messageLimits } from "../open-connection.ts";
import { checkBusyPoll, checkWord } from "../option-checks.ts";
import type { ServiceId } from "../rpcbind/rpcbind-types.ts";
import { RpcSyncConnection } from "./connection.ts";
import { openServiceSync } from "./open-service.ts";
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
  checkBusyPoll(options.busyPollUs);
  if (typeof options.portmap !== "object") checkWord("portmap", options.portmap, ["auto", "required", "off"]);
  messageLimits(options);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const channel = openServiceSync(service, options, () => timeoutMs);
  // A datagram's socket does not end; its server may have gone to another port, where the port was the portmapper's word.
  const isFixed = !channel.isReliable && options.port !== undefined;
  if (reconnect === false || isFixed) return new RpcSyncConnection(channel, options);
  return new RpcSyncConnection(channel, options, {
    ...(reconnect === true ? {} : reconnect),
    // All steps together have what the call has left.
    open: (leftMs) => {
      const endMs = performance.now() + leftMs;
      return openServiceSync(service, options, () => Math.min(Math.max(0, endMs - performance.now()), timeoutMs));
    },
  });
}
