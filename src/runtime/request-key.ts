import type { TransportName, RpcAddress } from "./address.ts";
import type { ClientStream } from "./client-stream.ts";
import type { OpaqueAuth } from "./gen/rpc_msg.ts";

/** A call, as far as it tells whether another one is its duplicate. */
export interface CacheableCall {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly transport: TransportName;
  readonly peer: RpcAddress;
  /** What it came over. Undefined: over datagrams. */
  readonly stream: ClientStream | undefined;
}

/**
 * Bytes of the arguments that the checksum covers, beside their length; Linux's nfsd takes as many. A retransmission is the same to the
 * byte: the checksum only has to tell it from another call that happens to have its xid (a client that has started again and
 * counts from the same number), and those differ in the file, the name or the offset that they begin with. A
 * megabyte to be written need not be read once more for that.
 */
const CHECKSUM_BYTES = 256;

/** Of the callers that came last, so that the many requests of one share it; a power of 2. */
const KEPT_CALLERS = 256;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NOBODY: Caller = { transport: "udp", host: "", port: 0, flavor: -1, identity: NO_BYTES };

/** Who calls: transport and host, and for udp the port, for tcp the identity, since a client that connects again comes from another port. */
export interface Caller {
  readonly transport: TransportName;
  readonly host: string;
  /** 0 for tcp. */
  readonly port: number;
  /** -1 for udp. */
  readonly flavor: number;
  /** Empty for udp. */
  readonly identity: Uint8Array;
}

/**
 * What makes two requests the same: who calls, xid, program, version, procedure, and a checksum over the arguments. Over tcp it can be
 * another client's, too: `ClientStream` tells.
 */
export class RequestKey {
  // Each is the 32 bits of an int, which has a sign.
  /** Over all the rest. */
  hash = 0;
  xid = 0;
  program = 0;
  version = 0;
  procedure = 0;
  checksum = 0;
  argsLength = 0;
  caller: Caller = NOBODY;
}

/** Makes keys. The hashes of each have a seed of their own, so that nobody can choose requests that collide. */
export class RequestKeys {
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  readonly #callers: Caller[] = new Array<Caller>(KEPT_CALLERS).fill(NOBODY);

  /** Writes a call's key over another one. It holds none of the bytes that it is given. */
  write(key: RequestKey, call: CacheableCall, args: Uint8Array, identity: OpaqueAuth): void {
    const { xid, program, version, procedure, transport, peer } = call;
    const isDatagram = transport === "udp" || transport === "udp6";
    const port = isDatagram ? peer.port : 0;
    const flavor = isDatagram ? -1 : identity.flavor;
    const body = isDatagram ? NO_BYTES : identity.body;
    let who = mix(mix(hashBytes(this.#seed, body, body.length), flavor), port);
    for (let i = 0; i < peer.host.length; i++) who = mix(who, peer.host.charCodeAt(i));
    who = finalize(who);
    const checksum = hashBytes(this.#seed, args, Math.min(args.length, CHECKSUM_BYTES));
    const hash = mix(mix(mix(checksum, xid), args.length), who);
    key.hash = finalize(mix(hash, program ^ Math.imul(version, 0x1_0001) ^ Math.imul(procedure, 0x0101_0101)));
    key.xid = xid | 0;
    key.program = program | 0;
    key.version = version | 0;
    key.procedure = procedure | 0;
    key.checksum = checksum;
    key.argsLength = args.length | 0;
    key.caller = this.#keep(who, transport, peer.host, port, flavor, body);
  }

  #keep(
    hash: number,
    transport: TransportName,
    host: string,
    port: number,
    flavor: number,
    identity: Uint8Array,
  ): Caller {
    const slot = hash & (KEPT_CALLERS - 1);
    const kept = this.#callers[slot] ?? NOBODY;
    const isSame = kept.transport === transport && kept.host === host && kept.port === port && kept.flavor === flavor;
    if (isSame && equalBytes(kept.identity, identity)) return kept;
    // A copy, also where it is a Buffer.
    const own = identity.length === 0 ? NO_BYTES : new Uint8Array(identity);
    return (this.#callers[slot] = { transport, host, port, flavor, identity: own });
  }
}

export function isSameCaller(a: Caller, b: Caller): boolean {
  if (a === b) return true;
  return (
    a.port === b.port &&
    a.host === b.host &&
    a.transport === b.transport &&
    a.flavor === b.flavor &&
    equalBytes(a.identity, b.identity)
  );
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** MurmurHash3's steps, 32 bits wide: word for word, as XDR is, a quarter of the steps of FNV-1a. */
function hashBytes(seed: number, bytes: Uint8Array, length: number): number {
  let hash = seed;
  // Behind the end there are zeros: the length is compared apart.
  for (let i = 0; i < length; i += 4) {
    hash = mix(
      hash,
      (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24),
    );
  }
  return hash;
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e_2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64) | 0;
}

function finalize(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
