/** What TLS can be told, on both sides: Node's own names, less what RFC 9289 settles (ALPN, TLS 1.3). */
import type { SecureContextOptions, TlsOptions, ConnectionOptions as TlsConnectionOptions } from "node:tls";

/**
 * `off`: in clear. `opportunistic`: TLS where the other side offers it, which someone in between can prevent. `required`: TLS
 * or nothing.
 */
export type TlsMode = "off" | "opportunistic" | "required";

/** Certificates and algorithms; each as in Node's `tls.createSecureContext`. */
interface TlsIdentity extends Pick<
  SecureContextOptions,
  "ca" | "cert" | "key" | "passphrase" | "pfx" | "crl" | "ciphers" | "sigalgs" | "ecdhCurve"
> {
  /** Default `required`. */
  readonly mode?: TlsMode;
}

/** TLS of a client; what is not said here is as in Node's `tls.connect`. */
export interface ClientTlsOptions extends TlsIdentity, Pick<TlsConnectionOptions, "checkServerIdentity"> {
  /** The name that the server's certificate is to have. Default the host that was given to `connect`, not what it resolved to. */
  readonly servername?: string;
  /** False takes any certificate: what is sent is hidden from who listens, not from who is in between. Default true, whatever the environment says. */
  readonly rejectUnauthorized?: boolean;
}

/** TLS of a server; what is not said here is as in Node's `tls.createServer`. */
export interface ServerTlsOptions extends TlsIdentity, Pick<TlsOptions, "SNICallback"> {
  /** Asks clients for certificates. Default false. */
  readonly requestCert?: boolean;
  /** Whether a client without a valid certificate is turned away, where one was asked for. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** The protocol's name in ALPN (RFC 9289 section 8.2). */
export const TLS_ALPN = "sunrpc";

/** RFC 9289 section 5: no older version. */
export const TLS_VERSION = "TLSv1.3";

/** The options of a mode alone. Throws a `RangeError` for one that there is not: a typing error must not mean "off". */
export function tlsOptions<T extends TlsIdentity>(tls: TlsMode | T | undefined): T & { readonly mode: TlsMode } {
  const options = typeof tls === "object" ? tls : ({ mode: tls ?? "off" } as T);
  const { mode = "required" } = options;
  if (!MODES.has(mode))
    throw new RangeError(`tls is ${JSON.stringify(mode)}, not "off", "opportunistic" or "required"`);
  return { ...options, mode };
}

const MODES: ReadonlySet<unknown> = new Set<TlsMode>(["off", "opportunistic", "required"]);
