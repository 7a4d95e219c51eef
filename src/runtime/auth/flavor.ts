/**
 * What a flavor of authentication is (RFC 5531 section 8.2), on both sides. A new one is an object of these interfaces; nothing
 * else of the runtime knows of it.
 */
import type { XdrWriter } from "../../xdr/index.ts";
import type { TransportName, RpcAddress } from "../address.ts";
import type { AuthStatName } from "../error.ts";
import type { AuthsysParms, OpaqueAuth } from "../gen/rpc_msg.ts";
import type { RpcProcedure, RpcProcedureId } from "../procedure.ts";

/**
 * The connection, as a client's flavor sees it: one object for each connection, on which the flavor may make calls of its own.
 * They are not seen by interceptors. Calls of the NULL procedure are sent again where a connection broke, but for `idempotent: false`.
 */
export interface AuthChannel {
  call<A, R>(
    procedure: RpcProcedure<A, R>,
    args: A,
    options?: {
      readonly auth?: ClientAuth;
      readonly timeoutMs?: number;
      readonly signal?: AbortSignal;
      readonly idempotent?: boolean;
    },
  ): Promise<R>;
}

/** A call, as a client's flavor sees it: one object from its first transmission to its reply. */
export interface AuthCall {
  readonly xid: number;
  readonly procedure: RpcProcedureId;
  readonly channel: AuthChannel;
  /** The flavor's own, such as the sequence numbers that this call was sent with. Undefined at first. */
  authState: unknown;
}

/** A client's flavor. One object may serve any number of connections. */
export interface ClientAuth {
  /** Number of the flavor, as IANA lists it. */
  readonly flavor: number;
  /**
   * Called before the first call over a connection, which waits for it: a context may have to be made, by calls of the
   * NULL procedure with credentials of their own. A rejection is the `cause` of the call's `RPC_AUTHERROR`.
   */
  setUp?(call: AuthCall): Promise<void>;
  /**
   * Called when the server has rejected a call's credentials. True: they are others now, and the call is made again, at most
   * MAX_AUTH_REFRESHES times.
   */
  readonly refresh?: ((reason: AuthStatName, call: AuthCall) => boolean | Promise<boolean>) | undefined;
  /**
   * Writes the credential and the verifier, for each transmission anew. The writer holds the message from the xid on, so that
   * `w.bytes()` behind the credential is what a verifier is computed over.
   */
  marshal(w: XdrWriter, call: AuthCall): void;
  /** The body to send instead of the encoded arguments, for each transmission anew. A multiple of four bytes. */
  wrap?(args: Uint8Array, call: AuthCall): Uint8Array;
  /** Whether the verifier of a reply is right; where it is not, the call fails with `RPC_AUTHERROR`, `AUTH_INVALIDRESP`. */
  validate?(verifier: OpaqueAuth, call: AuthCall): boolean;
  /** The encoded result out of the body of a reply. Throws where it is not genuine. */
  unwrap?(body: Uint8Array, call: AuthCall): Uint8Array;
}

/** A call, as a server's flavor sees it. */
export interface AuthRequest {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly credential: OpaqueAuth;
  readonly verifier: OpaqueAuth;
  /** The message from the xid to the end of the credential: what a verifier is computed over. */
  readonly header: Uint8Array;
  /** The arguments, as they came. */
  readonly body: Uint8Array;
  readonly peer: RpcAddress;
  readonly transport: TransportName;
  /** Whether the call came over TLS. */
  readonly encrypted: boolean;
  /** The connection's identity, for what a flavor knows of it. */
  readonly connection: object;
}

/** Who calls, in the words of the flavor. */
export interface AuthAccepted {
  readonly kind: "accept";
  /** What is only claimed. */
  readonly claimed?: AuthsysParms | undefined;
  /** What the flavor has proven, such as a principal. */
  readonly identity?: unknown;
  /**
   * What is the same for all calls of one caller, over any connection, by which a call that comes again is known. Default: the
   * credential. RPCSEC_GSS: its context.
   */
  readonly caller?: OpaqueAuth;
  /** The encoded arguments out of the body. Throws where they are not genuine: the answer is GARBAGE_ARGS, as RFC 2203 has it. */
  unwrap?(body: Uint8Array): Uint8Array;
  /** The body to send instead of an encoded result. */
  wrap?(result: Uint8Array): Uint8Array;
  /** The verifier of the reply. Default AUTH_NONE. */
  readonly verifier?: OpaqueAuth | undefined;
}

/** What a server's flavor makes of a call. */
export type AuthDecision =
  | AuthAccepted
  | { readonly kind: "reject"; readonly authStat: AuthStatName }
  /** The flavor answers itself, with SUCCESS and these results: the set-up of a context. `sent` is called behind that. */
  | {
      readonly kind: "answer";
      readonly verifier?: OpaqueAuth | undefined;
      readonly results?: Uint8Array;
      readonly sent?: () => void;
    }
  /** No answer at all. */
  | { readonly kind: "drop" };

/** A server's flavor. */
export interface ServerAuth {
  /** Number of the flavor, as IANA lists it. */
  readonly flavor: number;
  /** One that throws or rejects answers AUTH_FAILED. */
  authenticate(request: AuthRequest): AuthDecision | Promise<AuthDecision>;
}
