/** Universal addresses (RFC 5665 section 5.2.3): what a portmapper stores and answers. */
import { isIPv4, isIPv6 } from "node:net";

/**
 * Writes host and port as a universal address: `127.0.0.1` and 2049 give `127.0.0.1.8.1`. The zone of a link-local address (`%eth0`)
 * is left out: it means something on this host alone, and libtirpc reads no address that has one.
 */
export function formatUaddr(host: string, port: number): string {
  return `${host.replace(/%.*$/, "")}.${port >> 8}.${port & 0xff}`;
}

/** Reads a universal address of the Internet (version 4 or 6); undefined where the text is none. */
export function parseUaddr(uaddr: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(.+)\.(\d{1,3})\.(\d{1,3})$/.exec(uaddr);
  if (match === null) return undefined;
  const [, host = "", high = "", low = ""] = match;
  if (Number(high) > 255 || Number(low) > 255 || !(isIPv4(host) || isIPv6(host))) return undefined;
  return { host, port: Number(high) * 256 + Number(low) };
}
