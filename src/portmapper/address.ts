import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { formatUaddr, parseUaddr } from "../runtime/uaddr.ts";

/** The port of an IPv4 universal address; undefined for any other text. */
export function parseInetPort(address: string): number | undefined {
  const inet = parseUaddr(address);
  return inet !== undefined && isIPv4(inet.host) ? inet.port : undefined;
}

/** The numeric address without a scope (`%eth0`), and an IPv4 address mapped into IPv6 as what it is. */
export function plainAddress(host: string): string {
  return host.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
}

/** Whether a numeric address is one of this host's own loopback network. */
export function isLoopback(host: string): boolean {
  const address = plainAddress(host);
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

/** Whether a numeric address means every interface. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** One address of an interface of this host, as {@link networkInterfaces} gives it. */
export interface OwnAddress {
  readonly address: string;
  readonly netmask: string;
  readonly internal: boolean;
  /** Name of the interface. */
  readonly interface: string;
}

/** The addresses of this host's interfaces. */
export function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.map(({ address, netmask, internal }) => ({ address, netmask, internal, interface: name })),
  );
}

/** What is known of the way on which a caller reached the portmapper. */
export interface Asker {
  /** Address that it called from. */
  readonly remote: string | undefined;
  /** Address of this host that it called; over udp it is not known. */
  readonly local: string | undefined;
  /** Universal address in its request (`r_addr`): libtirpc's clients send the one that they called. May be empty or anything. */
  readonly hint: string;
}

/**
 * The address to answer a GETADDR with (rpcbind's `addrmerge`): the registered port, at an address of this
 * host that the asker can reach. A server's own choice of one address of this host stays, unless that is a
 * loopback address and the asker comes from elsewhere: what it would call there is itself. An address that is
 * not this host's is not passed on, or one local user could send everyone's calls to another host.
 *
 * @param address - As registered. What is no Internet address (a socket's path) is answered as it is.
 */
export function mergeAddress(address: string, asker: Asker, own: readonly OwnAddress[]): string {
  const registered = parseUaddr(address);
  if (registered === undefined) return address;
  const family = isIP(registered.host);
  const candidates = own.filter((each) => isIP(plainAddress(each.address)) === family);
  const isOwn = (host: string): boolean =>
    (family === 4 && isLoopback(host)) || candidates.some((each) => plainAddress(each.address) === host);
  const reached = [parseUaddr(asker.hint)?.host, asker.local]
    .filter((host) => host !== undefined)
    .map(plainAddress)
    .find((host) => isIP(host) === family && isOwn(host));
  const host = reached ?? nearest(candidates, asker.remote);
  if (host === undefined) return address;
  const stays =
    !isWildcard(registered.host) && isOwn(registered.host) && (!isLoopback(registered.host) || isLoopback(host));
  return stays ? address : formatUaddr(host, registered.port);
}

/** Of this host's addresses, the one in the asker's network, else one that other hosts may know, else any. */
function nearest(all: readonly OwnAddress[], remote: string | undefined): string | undefined {
  // fe80::%eth0 is a network of one link, and each link has one.
  const scope = remote?.split("%", 2)[1];
  const onLink = all.filter((own) => own.interface === scope);
  const candidates = onLink.length > 0 ? onLink : all;
  const asker = remote === undefined ? undefined : bitsOf(plainAddress(remote));
  const best =
    candidates.find(({ address }) => remote !== undefined && plainAddress(address) === plainAddress(remote)) ??
    candidates.find(({ address, netmask }) => {
      const mask = bitsOf(netmask);
      return asker !== undefined && (bitsOf(plainAddress(address)) & mask) === (asker & mask);
    }) ??
    candidates.find(({ address, internal }) => !internal && !/^fe80:/i.test(address)) ??
    candidates.find(({ internal }) => !internal) ??
    candidates[0];
  return best && plainAddress(best.address);
}

/** A numeric address as one number, so that a netmask can be laid over it. Addresses of different families never meet here. */
function bitsOf(address: string): bigint {
  if (isIPv4(address)) {
    return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  }
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined): bigint[] =>
    text === undefined || text === ""
      ? []
      : text
          .split(":")
          .flatMap((group) =>
            group.includes(".") ? [bitsOf(group) >> 16n, bitsOf(group) & 0xffffn] : [BigInt(`0x${group}`)],
          );
  const left = groups(head);
  const right = groups(tail);
  const zeros = new Array<bigint>(Math.max(0, 8 - left.length - right.length)).fill(0n);
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | group, 0n);
}
