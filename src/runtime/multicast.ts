/** Multicast: groups that a socket joins, and the interfaces that they are on. */
import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { BoundUdp } from "./udp-socket.ts";

/** A group, on one interface. */
export interface MulticastGroup {
  /** `224.0.0.0` to `239.255.255.255`, or `ff00::/8`. */
  readonly group: string;
  /**
   * Name of the interface, or one of its addresses; `*` for each that leads to other hosts and has an address of the family, those that
   * come later too. Default: the one that the system's routes name for the group.
   */
  readonly interface?: string;
}

/** Every interface. */
const ALL = "*";

/** Milliseconds after which interfaces that have come, or come back, are joined. */
const JOIN_AGAIN_MS = 30_000;

/**
 * Joins groups of the socket's family with a bound socket, which leaves them when it closes; what is returned is to be called then. A group alone can name its
 * interface by a scope: `ff02::202%eth0`. Throws an error of the system's (`ENODEV` where no interface is named and no route
 * leads to the group, `EINVAL` for an address that is no group), or one that says which interface is missing.
 */
export function joinGroups(
  socket: BoundUdp,
  netid: "udp" | "udp6",
  groups: readonly (string | MulticastGroup)[],
): () => void {
  const timers: NodeJS.Timeout[] = [];
  const joinNoMore = (): void => {
    timers.forEach(clearInterval);
  };
  try {
    for (const each of groups) {
      const { group, interface: named } = typeof each === "string" ? { group: each } : each;
      const [address = "", scope] = group.split("%", 2);
      if (isIP(address) !== (netid === "udp" ? 4 : 6)) throw new Error(`${group} is no address of ${netid}`);
      const on = named ?? scope;
      if (on === ALL) timers.push(joinEverywhere(socket, netid, address));
      else socket.addMembership(address, on === undefined ? undefined : multicastInterface(netid, on));
    }
  } catch (error) {
    joinNoMore();
    throw error;
  }
  return joinNoMore;
}

/** Joins a group on each interface, now and while the socket is open: at the start of a system, servers are there before its networks. */
function joinEverywhere(socket: BoundUdp, netid: "udp" | "udp6", group: string): NodeJS.Timeout {
  const join = (): void => {
    for (const on of outerInterfaces(netid)) {
      try {
        socket.addMembership(group, on);
      } catch {
        // It has been joined before, or can't do multicast.
      }
    }
  };
  join();
  return setInterval(join, JOIN_AGAIN_MS).unref();
}

/** The interfaces to other hosts, as Node's multicast functions take them. */
function outerInterfaces(netid: "udp" | "udp6"): Set<string> {
  const family = netid === "udp" ? "IPv4" : "IPv6";
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => each.family === family && !each.internal)
      .map(({ address }) => (netid === "udp" ? address : `::%${name}`)),
  );
  return new Set(found);
}

/** An interface, given by its name or by one of its addresses, as Node's multicast functions take it: an IPv4 address, or `::%name`. */
export function multicastInterface(netid: "udp" | "udp6", given: string): string {
  const all = networkInterfaces();
  if (netid === "udp") {
    if (isIPv4(given)) return given;
    const address = all[given]?.find(({ family }) => family === "IPv4")?.address;
    if (address === undefined) throw new Error(`there is no interface ${given} with an IPv4 address`);
    return address;
  }
  const scope = given.split("%", 2)[1];
  if (scope !== undefined) return `::%${scope}`;
  if (isIP(given) === 0) return `::%${given}`;
  const owner = Object.keys(all).find((name) => all[name]?.some(({ address }) => address === given));
  if (owner === undefined) throw new Error(`no interface has the address ${given}`);
  return `::%${owner}`;
}
