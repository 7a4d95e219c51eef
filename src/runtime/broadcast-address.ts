/** Where a broadcast goes unless the caller says. */
import { networkInterfaces } from "node:os";

/** What is taken beside the interfaces of networks. */
export interface BroadcastAddressOptions {
  /** Take the loopback's address too, where this host has networks. Default false. */
  readonly loopback?: boolean;
}

/**
 * The broadcast address of each IPv4 interface, by its address and netmask, each once. The loopback's, `127.255.255.255`, is
 * there only where no other is, or where it is asked for: servers of this host get what goes to a network as well. Interfaces
 * without a broadcast address (netmasks of 31 and 32 bits) are left out.
 */
export function broadcastAddresses({ loopback = false }: BroadcastAddressOptions = {}): string[] {
  const networks = new Set<string>();
  const own = new Set<string>();
  for (const { family, address, netmask, internal } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
    if (family !== "IPv4") continue;
    const hosts = ~toNumber(netmask) >>> 0;
    if (hosts > 1) (internal ? own : networks).add(toText((toNumber(address) | hosts) >>> 0));
  }
  return networks.size === 0 || loopback ? [...networks, ...own] : [...networks];
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, byte) => ((number << 8) | Number(byte)) >>> 0, 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join(".");
}
