import { DATAGRAM_WORDS, type UdpBatchSocket, datagramWords } from "../../../ipc/udp-batch.ts";
import { type InetNetid, RpcAddress } from "../../address.ts";

/** The first word of a way. */
const WAY: number = datagramWords.family;

/** Peers that are remembered: a power of two. Others are made anew. */
const PEERS = 256;

interface Peer {
  readonly route: Uint32Array;
  readonly address: RpcAddress;
}

/** The ways by which what came from an address came, and by which its reply goes: from the address of ours that was asked. */
const routes = new WeakMap<RpcAddress, Uint32Array>();

/** The way back to who has sent something; undefined for an address that nothing has come from. */
export function routeTo(address: RpcAddress): Uint32Array | undefined {
  return routes.get(address);
}

/** Those who have sent something to a socket lately: most send more. */
export class UdpPeers {
  readonly #socket: UdpBatchSocket;
  readonly #netid: InetNetid;
  readonly #known: (Peer | undefined)[] = new Array<Peer | undefined>(PEERS).fill(undefined);

  constructor(socket: UdpBatchSocket, netid: InetNetid) {
    this.#socket = socket;
    this.#netid = netid;
  }

  /** The sender of the `i`-th datagram. */
  of(words: Uint32Array, i: number): RpcAddress {
    const at = i * DATAGRAM_WORDS;
    const place = placeOf(words, at);
    const known = this.#known[place];
    if (known !== undefined && isSame(known.route, words, at)) return known.address;
    const route = words.slice(at, at + DATAGRAM_WORDS);
    const sender = this.#socket.senderOf(route);
    const address = RpcAddress.inet(this.#netid, sender.address, sender.port);
    routes.set(address, route);
    this.#known[place] = { route, address };
    return address;
  }
}

function placeOf(words: Uint32Array, at: number): number {
  let hash = 0;
  for (let i = WAY; i < DATAGRAM_WORDS; i++) {
    hash = Math.imul(hash ^ (words[at + i] ?? 0), 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash & (PEERS - 1);
}

function isSame(route: Uint32Array, words: Uint32Array, at: number): boolean {
  for (let i = WAY; i < DATAGRAM_WORDS; i++) if (route[i] !== words[at + i]) return false;
  return true;
}
