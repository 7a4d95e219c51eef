/**
 * Universal addresses and the system's own (`struct sockaddr`): UADDR2TADDR and TADDR2UADDR. What they give is Linux's layout
 * on a little-endian machine whatever this one is, since that is what libtirpc gives wherever it was measured.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { Netid } from "../runtime/address.ts";
import type { Netbuf } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { readUtf8Prefix } from "./text.ts";
import { netconfigOf } from "./netconfig.ts";

const AF_LOCAL = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** `sizeof (struct sockaddr_in)`. */
const INET_BYTES = 16;
/** `sizeof (struct sockaddr_in6)`. */
const INET6_BYTES = 28;
/** `sizeof (struct sockaddr_un)`. */
const LOCAL_BYTES = 110;
/** Where the path begins in a `struct sockaddr_un`. */
const PATH_AT = 2;
/** Bytes of a path that libtirpc keeps: `sun_path` less its NUL. */
const MAX_PATH_BYTES = LOCAL_BYTES - PATH_AT - 1;

const NO_ADDRESS: Netbuf = { maxlen: 0, buf: new Uint8Array(0) };

/** UADDR2TADDR on a transport: nothing (no bytes) where the text is no address of its family. */
export function uaddrToTaddr(netid: Netid, uaddr: string): Netbuf {
  const parsed = splitUaddr(uaddr);
  if (parsed === undefined) return NO_ADDRESS;
  const { host, port } = parsed;
  switch (netconfigOf(netid)?.family) {
    case "inet": {
      if (!isIPv4(host)) return NO_ADDRESS;
      const buf = address(INET_BYTES, AF_INET, port);
      buf.set(host.split(".").map(Number), 4);
      return { maxlen: INET_BYTES, buf };
    }
    case "inet6": {
      if (!isIPv6(host) || host.includes("%")) return NO_ADDRESS;
      const buf = address(INET6_BYTES, AF_INET6, port);
      buf.set(bytesOfIpv6(host), 8);
      return { maxlen: INET6_BYTES, buf };
    }
    case "loopback": {
      const path = new TextEncoder().encode(host).subarray(0, MAX_PATH_BYTES);
      const buf = new Uint8Array(PATH_AT + path.length);
      buf[0] = AF_LOCAL;
      buf.set(path, PATH_AT);
      return { maxlen: LOCAL_BYTES, buf };
    }
    case undefined:
      return NO_ADDRESS;
  }
}

/** TADDR2UADDR on a transport: empty where the bytes are too few for an address of its family. The family that they state has no say. */
export function taddrToUaddr(netid: Netid, { buf }: Netbuf): string {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  const port = (): string => `${view.getUint8(2)}.${view.getUint8(3)}`;
  switch (netconfigOf(netid)?.family) {
    case "inet":
      return buf.length < INET_BYTES ? "" : `${buf.subarray(4, 8).join(".")}.${port()}`;
    case "inet6":
      return buf.length < INET6_BYTES ? "" : `${ipv6Text(buf.subarray(8, 24))}.${port()}`;
    case "loopback":
      return readUtf8Prefix(buf.subarray(PATH_AT));
    case undefined:
      return "";
  }
}

/** As libtirpc does: a path is all of the text, of another the last two numbers are the port, whatever they are. */
function splitUaddr(uaddr: string): { readonly host: string; readonly port: number } | undefined {
  if (uaddr.startsWith("/")) return { host: uaddr, port: 0 };
  const low = uaddr.lastIndexOf(".");
  const high = low <= 0 ? -1 : uaddr.lastIndexOf(".", low - 1);
  if (high < 0) return undefined;
  const port = (atoi(uaddr.slice(high + 1, low)) << 8) | atoi(uaddr.slice(low + 1));
  return { host: uaddr.slice(0, high), port: port & 0xffff };
}

/** C's: what follows the digits has no say, and without digits it is 0. */
function atoi(text: string): number {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? 0 : value | 0;
}

function address(bytes: number, family: number, port: number): Uint8Array<ArrayBuffer> {
  const buf = new Uint8Array(bytes);
  buf.set([family, 0, port >> 8, port & 0xff]);
  return buf;
}

/** The 16 bytes of a numeric address. */
function bytesOfIpv6(host: string): number[] {
  const [head = "", tail] = host.split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<number>(16 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right];
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** `inet_ntop`: the first longest run of two groups of zeros or more is `::`, and an embedded IPv4 address is written as one. */
function ipv6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const embeds = best.at === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff));
  const texts = groups.map((group) => group.toString(16));
  if (embeds) texts.splice(6, 2, bytes.subarray(12, 16).join("."));
  if (best.at < 0) return texts.join(":");
  return `${texts.slice(0, best.at).join(":")}::${texts.slice(best.at + best.length).join(":")}`;
}
