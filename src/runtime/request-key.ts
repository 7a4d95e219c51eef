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

/** Of the identities that came last, so that the many requests of one client share one copy; a power of 2. */
const KEPT_IDENTITIES = 256;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * What makes two requests the same: transport, host, xid, program, version, procedure, a checksum over the arguments, and
 * for udp the port, for tcp the identity, since a client that connects again comes from another port. Over tcp it can be another client's, too:
 * `ClientStream` tells.
 */
export class RequestKey {
  /** Over all the rest. */
  hash = 0;
  xid = 0;
  program = 0;
  version = 0;
  procedure = 0;
  transport: TransportName = "udp";
  host = "";
  /** 0 for tcp. */
  port = 0;
  /** -1 for udp. */
  flavor = -1;
  /** Empty for udp. */
  identity: Uint8Array = NO_BYTES;
  checksum = 0;
  argsLength = 0;
}

/** Makes keys. The hashes of each have a seed of their own, so that nobody can choose requests that collide. */
export class RequestKeys {
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  readonly #identities: (Uint8Array | undefined)[] = new Array<undefined>(KEPT_IDENTITIES).fill(undefined);

  /** Writes a call's key over another one. It holds none of the bytes that it is given. */
  write(key: RequestKey, call: CacheableCall, args: Uint8Array, identity: OpaqueAuth): void {
    const { xid, program, version, procedure, transport, peer } = call;
    const isDatagram = transport === "udp" || transport === "udp6";
    const checksum = hashBytes(this.#seed, args, Math.min(args.length, CHECKSUM_BYTES));
    let hash = mix(mix(checksum, xid), args.length);
    hash = mix(hash, program ^ Math.imul(version, 0x1_0001) ^ Math.imul(procedure, 0x0101_0101));
    for (let i = 0; i < peer.host.length; i++) hash = mix(hash, peer.host.charCodeAt(i));
    if (isDatagram) {
      key.port = peer.port;
      key.flavor = -1;
      key.identity = NO_BYTES;
      hash = mix(hash, peer.port);
    } else {
      const identityHash = hashBytes(this.#seed, identity.body, identity.body.length);
      key.port = 0;
      key.flavor = identity.flavor;
      key.identity = this.#keep(identity.body, identityHash);
      hash = mix(mix(hash, identity.flavor), identityHash);
    }
    key.hash = finalize(hash);
    key.xid = xid;
    key.program = program;
    key.version = version;
    key.procedure = procedure;
    key.transport = transport;
    key.host = peer.host;
    key.checksum = checksum;
    key.argsLength = args.length;
  }

  #keep(identity: Uint8Array, hash: number): Uint8Array {
    const slot = finalize(hash) & (KEPT_IDENTITIES - 1);
    const kept = this.#identities[slot];
    if (kept !== undefined && equalBytes(kept, identity)) return kept;
    return (this.#identities[slot] = identity.slice());
  }
}

export function isSameRequest(a: RequestKey, b: RequestKey): boolean {
  return (
    a.hash === b.hash &&
    a.xid === b.xid &&
    a.checksum === b.checksum &&
    a.argsLength === b.argsLength &&
    a.procedure === b.procedure &&
    a.program === b.program &&
    a.version === b.version &&
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
