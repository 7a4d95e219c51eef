/** What a portmapper's answers to a lookup mean. */
import { RpcAddress } from "../address.ts";
import { RpcError, reason } from "../error.ts";
import { type HostAddress, onLinkOf } from "../host.ts";
import type { RpcbindEntry, ServiceId } from "./rpcbind-types.ts";

/** An address to call: a wildcard means the host that was asked for. Throws `RPC_RPCBFAILURE` for what is no address. */
export function reachable(uaddr: string, at: HostAddress): RpcAddress {
  const address = RpcAddress.parse(at.netid, uaddr);
  if (address === undefined) {
    throw new RpcError(
      "RPC_RPCBFAILURE",
      `the portmapper answered ${JSON.stringify(uaddr)}, which is no address of ${at.netid}`,
    );
  }
  const wildcard = address.host === "0.0.0.0" || address.host === "::";
  return RpcAddress.inet(at.netid, wildcard ? at.host : onLinkOf(at.host, address.host), address.port);
}

/** The entry for a transport among all. Throws `RPC_PROGNOTREGISTERED` where there is none. */
export function entryFor(service: ServiceId, netid: string, all: readonly RpcbindEntry[]): string {
  const entries = all.filter((entry) => entry.program === service.program && entry.netid === netid);
  // As GETADDR does, another version's address is better than none: the call tells which versions there are.
  const found = entries.find((entry) => entry.version === service.version) ?? entries[0];
  if (found === undefined) throw notRegistered(service, netid);
  return found.uaddr;
}

export function notRegistered(service: ServiceId, netid: string): RpcError {
  const { program, version } = service;
  return new RpcError(
    "RPC_PROGNOTREGISTERED",
    `program ${program} (0x${program.toString(16)}) version ${version} is not registered for ${netid}`,
  );
}

/** What a call or the connection ran into is the portmapper's failure; what says so already stays as it is. */
export function portmapperFailed(to: RpcAddress, cause: unknown): RpcError {
  if (cause instanceof RpcError && (cause.code === "RPC_PROGALREADYREGISTERED" || cause.code === "RPC_RPCBFAILURE")) {
    return cause;
  }
  return new RpcError("RPC_RPCBFAILURE", `the portmapper at ${String(to)} can't be asked: ${reason(cause)}`, { cause });
}
