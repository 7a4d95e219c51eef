/** The transports as `/etc/netconfig` describes them: what GETADDRLIST tells of each. */
import type { Netid } from "../runtime/address.ts";

/** One line of `/etc/netconfig`. */
export interface NetconfigEntry {
  readonly netid: Netid;
  /** `tpi_clts` (datagrams) or `tpi_cots_ord` (a stream with an orderly end), by libtirpc's numbers. */
  readonly semantics: number;
  readonly family: "inet" | "inet6" | "loopback";
  /** Name of the protocol; `-` where there is none. */
  readonly protocol: string;
}

const TPI_CLTS = 1;
const TPI_COTS_ORD = 3;

const ENTRIES: readonly NetconfigEntry[] = [
  { netid: "udp", semantics: TPI_CLTS, family: "inet", protocol: "udp" },
  { netid: "tcp", semantics: TPI_COTS_ORD, family: "inet", protocol: "tcp" },
  { netid: "udp6", semantics: TPI_CLTS, family: "inet6", protocol: "udp" },
  { netid: "tcp6", semantics: TPI_COTS_ORD, family: "inet6", protocol: "tcp" },
  { netid: "local", semantics: TPI_COTS_ORD, family: "loopback", protocol: "-" },
];

/** The line of a netid, in small letters; undefined for a name that has none. */
export function netconfigOf(netid: string): NetconfigEntry | undefined {
  return ENTRIES.find((entry) => entry.netid === netid);
}
