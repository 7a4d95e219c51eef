/** Who may call, and how long a reply may be that a forged source address would send to someone else. */
import { BlockList, isIP } from "node:net";
import type { RpcContext } from "../runtime/context.ts";
import { isLoopback, plainAddress } from "./address.ts";
import type { OwnAddresses } from "./own-addresses.ts";

/** Options of a portmapper's access control. */
export interface AccessOptions {
  /**
   * Networks whose hosts may call: numeric addresses, alone or with a prefix (`192.0.2.0/24`, `2001:db8::/32`). Others are answered
   * AUTH_TOOWEAK, whatever they call. This host may always call. Default: all.
   */
  readonly allow?: readonly string[];
  /**
   * Networks to whose hosts a reply over udp may be longer than its request. Others get AUTH_TOOWEAK in its place, since the source
   * address of a datagram is easily forged, and a long reply would hit whoever has it. Default: none. `["0.0.0.0/0", "::/0"]`: all.
   */
  readonly longUdpReplies?: readonly string[];
  /** SET and UNSET are granted to other hosts too (rpcbind's `-i`); what they register has the owner "unknown". Default false. */
  readonly insecure?: boolean;
}

export class Access {
  readonly insecure: boolean;
  readonly #allow: BlockList | undefined;
  readonly #longReplies: BlockList;
  readonly #own: OwnAddresses;

  /** Throws a `RangeError` for a network that is none. */
  constructor({ allow, longUdpReplies = [], insecure = false }: AccessOptions, own: OwnAddresses) {
    this.insecure = insecure;
    this.#allow = allow && networks(allow, "allow");
    this.#longReplies = networks(longUdpReplies, "longUdpReplies");
    this.#own = own;
  }

  /** Whether who calls may call at all. */
  admits({ transport, peer }: RpcContext): boolean {
    if (this.#allow === undefined || transport === "local") return true;
    return has(this.#allow, peer.host) || this.#isThisHost(peer.host);
  }

  /** Whether a reply must not be longer than its request. */
  boundsReply({ transport, peer }: RpcContext): boolean {
    if (transport !== "udp" && transport !== "udp6") return false;
    return !this.#isThisHost(peer.host) && !has(this.#longReplies, peer.host);
  }

  /** No datagram from elsewhere can have such a source: the kernel drops those. */
  #isThisHost(host: string): boolean {
    if (isLoopback(host)) return true;
    const address = plainAddress(host);
    const scope = host.split("%", 2)[1];
    return this.#own
      .list()
      .some((own) => plainAddress(own.address) === address && (scope === undefined || scope === own.interface));
  }
}

/** Throws a `RangeError` for a text that is no network. */
function networks(texts: readonly string[], option: string): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = "", prefix, ...more] = text.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const bits = family === "ipv6" ? 128 : 32;
    const length = prefix === undefined ? bits : /^\d+$/.test(prefix) ? Number(prefix) : NaN;
    if (isIP(address) === 0 || more.length > 0 || !(length <= bits)) {
      throw new RangeError(`${option}: ${JSON.stringify(text)} is no network, such as 192.0.2.0/24 or 2001:db8::/32`);
    }
    list.addSubnet(address, length, family);
  }
  return list;
}

function has(list: BlockList, host: string): boolean {
  const address = plainAddress(host);
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
