/** The first line of the command: where it listens. */
import type { PortmapperAddress } from "../portmapper.ts";
import { parseUaddr } from "../../runtime/uaddr.ts";

/** The order: what most people look for comes first. */
const SHOWN_ORDER = ["tcp", "udp", "tcp6", "udp6", "local"];

/** `tcp 127.0.0.1:111, udp 127.0.0.1:111`. */
export function listeningText(bound: readonly PortmapperAddress[]): string {
  return SHOWN_ORDER.flatMap((shown) => bound.filter(({ netid }) => netid === shown))
    .map(({ netid, address }) => {
      const inet = parseUaddr(address);
      if (inet === undefined) return `${netid} ${address}`;
      return `${netid} ${inet.host.includes(":") ? `[${inet.host}]` : inet.host}:${inet.port}`;
    })
    .join(", ");
}
