import { isIP } from "node:net";
import type { InetNetid } from "../address.ts";
import { RpcError, reason } from "../error.ts";
import { type FoundAddress, type HostAddress, addressesFor } from "../host.ts";
import { syncNative } from "./sync-native.ts";

/** What every host has, whatever its resolver says. */
const LOCALHOST: readonly FoundAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * `resolveHost`, with the thread waiting, as long as the system's resolver takes. Numeric addresses and `localhost` need none. Throws as that
 * rejects.
 */
export function resolveHostSync(host: string, netid: InetNetid): HostAddress[] {
  return addressesFor(host, netid, found(host));
}

function found(host: string): readonly FoundAddress[] {
  if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
  if (host === "localhost") return LOCALHOST;
  const native = syncNative();
  try {
    return native.resolveSync(host);
  } catch (cause) {
    throw new RpcError("RPC_UNKNOWNHOST", `the host ${host} has no address: ${reason(cause)}`, { cause });
  }
}
