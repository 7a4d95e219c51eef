import type { X509Certificate } from "node:crypto";
import type { XdrReader } from "../xdr/index.ts";
import type { TransportName, RpcAddress } from "./address.ts";
import type { AuthAccepted, AuthRequest } from "./auth/flavor.ts";
import type { ClientStream } from "./client-stream.ts";
import type { CallBody, OpaqueAuth } from "./gen/rpc_msg.ts";
import type { ReaderPool } from "./reader-pool.ts";
import type { ServedConnection } from "./served-connection.ts";
import type { Transport } from "./transport/transport.ts";

/** Bytes of a call's header in front of the credential's body: xid to procedure, flavor, length. */
const BEFORE_CREDENTIAL_BYTES = 32;

const NOT_YET: AuthAccepted = { kind: "accept" };

/** Where a call came from, and where its reply goes. */
export interface Origin {
  readonly xid: number;
  readonly peer: RpcAddress;
  readonly over: Transport;
  /** Whether it came over TLS. */
  readonly encrypted: boolean;
}

/** A call whose header is read. */
export class IncomingCall implements AuthRequest, Origin {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly credential: OpaqueAuth;
  readonly verifier: OpaqueAuth;
  readonly peer: RpcAddress;
  readonly served: ServedConnection;
  /** The transport that it came over, and that its reply goes over. */
  readonly over: Transport;
  readonly encrypted: boolean;
  /** The peer's, at the time of the call: a connection can become another one by TLS, its earlier calls do not. */
  readonly certificate: X509Certificate | undefined;
  /** Who calls; set once the flavor has accepted it. */
  accepted: AuthAccepted = NOT_YET;
  readonly #bytes: Uint8Array;
  #unwrapped: Uint8Array | undefined;
  /** Where the arguments begin. */
  readonly #argsAt: number;

  constructor(
    { xid, peer, over, encrypted }: Origin,
    { prog, vers, proc, cred, verf }: CallBody,
    bytes: Uint8Array,
    argsAt: number,
    served: ServedConnection,
  ) {
    this.xid = xid;
    this.program = prog;
    this.version = vers;
    this.procedure = proc;
    this.credential = cred;
    this.verifier = verf;
    this.peer = peer;
    this.over = over;
    this.encrypted = encrypted;
    this.certificate = encrypted ? over.certificate?.() : undefined;
    this.served = served;
    this.#bytes = bytes;
    this.#argsAt = argsAt;
  }

  get connection(): object {
    return this.served.connection;
  }

  /** Undefined: it came over datagrams. */
  get stream(): ClientStream | undefined {
    return this.over.isReliable ? this.served.stream : undefined;
  }

  get transport(): TransportName {
    return this.over.netid;
  }

  get header(): Uint8Array {
    const { length } = this.credential.body;
    return this.#bytes.subarray(0, BEFORE_CREDENTIAL_BYTES + Math.ceil(length / 4) * 4);
  }

  get body(): Uint8Array {
    return this.#bytes.subarray(this.#argsAt);
  }

  /** The arguments' bytes. Throws where the flavor does not find them genuine. */
  get args(): Uint8Array {
    const { accepted } = this;
    if (accepted.unwrap === undefined) return this.body;
    const unwrapped: unknown = (this.#unwrapped ??= accepted.unwrap(this.body));
    if (unwrapped instanceof Uint8Array) return unwrapped;
    throw new TypeError("what unwrap gives is no Uint8Array");
  }

  /** A reader that stands at the arguments, to be given back. Throws where the flavor does not find them genuine. */
  reader(readers: ReaderPool): XdrReader {
    return this.accepted.unwrap === undefined ? readers.take(this.#bytes, this.#argsAt) : readers.take(this.args, 0);
  }
}
