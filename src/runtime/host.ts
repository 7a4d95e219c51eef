/** Host names and the addresses behind them. */
import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { type Netid } from "./address.ts";
import { RpcError, reason } from "./error.ts";

/** A numeric address and the transport of its family. */
export interface HostAddress {
  readonly netid: Exclude<Netid, "local">;
  readonly host: string;
}

/**
 * The addresses of a host that a transport can use, IPv4 first: `tcp` and `udp` take either family, `tcp6` and
 * `udp6` IPv6 alone. Rejects with `RPC_UNKNOWNHOST`, or `RPC_UNKNOWNPROTO` where the host has none of the family.
 */
export async function resolveHost(host: string, netid: Exclude<Netid, "local">): Promise<HostAddress[]> {
  let found: FoundAddress[];
  try {
    found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host, family: isIP(host) }];
  } catch (cause) {
    throw new RpcError("RPC_UNKNOWNHOST", `the host ${host} has no address: ${reason(cause)}`, { cause });
  }
  return addressesFor(host, netid, found);
}

/** An address as a resolver gives it. */
export interface FoundAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Those of a host's addresses that a transport can use, IPv4 first. Throws `RPC_UNKNOWNPROTO` where there are none. */
export function addressesFor(
  host: string,
  netid: Exclude<Netid, "local">,
  found: readonly FoundAddress[],
): HostAddress[] {
  const v6Only = netid === "tcp6" || netid === "udp6";
  const v6Netid = netid.startsWith("tcp") ? "tcp6" : "udp6";
  const v4 = found.filter(({ family }) => family === 4 && !v6Only).map(({ address }) => ({ netid, host: address }));
  const v6 = found
    .filter(({ family }) => family === 6)
    .map(({ address }) => ({ netid: v6Netid, host: address }) as const);
  if (v4.length + v6.length === 0)
    throw new RpcError("RPC_UNKNOWNPROTO", `the host ${host} has no address for ${netid}`);
  return [...v4, ...v6];
}

/**
 * The address to bind for a transport, of its family alone: a server must not say that it is to be had over one family and serve
 * the other. Rejects where the host has none.
 */
export async function resolveOwn(host: string, netid: Exclude<Netid, "local">): Promise<string> {
  const family = netid.endsWith("6") ? 6 : 4;
  const given = isIP(host);
  if (given === 0) return (await lookup(host, { family })).address;
  if (given !== family)
    throw new Error(`${host} is no address of ${netid}, but of ${given === 6 ? "tcp6 and udp6" : "tcp and udp"}`);
  return host;
}

/** Whether a name or an address is this host's, without asking a name server. */
export function isThisHost(host: string): boolean {
  if (host === "localhost" || host === hostname() || host === "::1") return true;
  if (isIPv4(host) && host.startsWith("127.")) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}

/** A link-local address out of a portmapper, which has no zone, with that of the address at which the portmapper was asked. */
export function onLinkOf(asked: string, host: string): string {
  const zone = asked.split("%", 2)[1];
  return zone !== undefined && isLinkLocal(host) ? `${host}%${zone}` : host;
}

/** The same for an address of this host's own, with its interface. */
export function onOwnLink(host: string): string {
  if (!isLinkLocal(host)) return host;
  const [name] = Object.entries(networkInterfaces()).find(([, all]) => all?.some((own) => own.address === host)) ?? [];
  return name === undefined ? host : `${host}%${name}`;
}

/** Of `fe80::/10`, without a zone. */
function isLinkLocal(host: string): boolean {
  return /^fe[89ab][0-9a-f]:[^%]*$/i.test(host);
}
