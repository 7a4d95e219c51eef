/** The Internet's addresses that a portmapper listens at. */
import { isIPv4, isIPv6 } from "node:net";
import type { InheritedSocket, ListenTransports, MulticastGroup } from "../runtime/index.ts";
import { ownAddresses } from "./address.ts";

/** Where portmappers are called over IPv6 that nobody knows the addresses of (RFC 1833, `RPCB_MULTICAST_ADDR`), by `rpcinfo -b` too. */
const GROUPS: readonly MulticastGroup[] = [{ group: "ff02::202", interface: "*" }];

/** What `PortmapperOptions` says of them. */
export interface Where {
  readonly host: string | undefined;
  readonly udpHosts: readonly string[] | undefined;
  readonly port: number;
}

/** What to listen at, one after the other. Throws a `RangeError` for a host of udp that is no numeric address. */
export function transportsOf({ host, udpHosts, port }: Where): ListenTransports[] {
  const inet = host === undefined || !isIPv6(host) ? { host: host ?? "0.0.0.0", port } : false;
  const inet6 = host === undefined ? hasIpv6() && { host: "::", port } : isIPv6(host) && { host, port };
  if (udpHosts === undefined || udpHosts.length === 0) {
    // A socket at one address gets no multicasts.
    const udp6 = inet6 !== false && (inet6.host === "::" ? { ...inet6, multicast: GROUPS } : inet6);
    return [{ tcp: inet, udp: inet, tcp6: inet6, udp6 }];
  }
  // The first of each family is the one that is registered, as with rpcbind.
  const hosts = new Set([...udpHosts, "127.0.0.1", ...(hasIpv6() ? ["::1"] : [])]);
  return [
    { tcp: inet, udp: false, tcp6: inet6, udp6: false },
    ...[...hosts].map((each): ListenTransports => {
      if (isIPv6(each)) return { tcp: false, udp: false, udp6: { host: each, port } };
      if (isIPv4(each)) return { tcp: false, udp: { host: each, port } };
      throw new RangeError(`udpHosts: ${JSON.stringify(each)} is no numeric address`);
    }),
  ];
}

/** A socket that was handed over, and the groups that it is to join: whoever has made it joins none. */
export function withGroups(socket: InheritedSocket): InheritedSocket {
  return socket.netid === "udp6" ? { ...socket, multicast: GROUPS } : socket;
}

function hasIpv6(): boolean {
  return ownAddresses().some(({ address }) => isIPv6(address));
}
