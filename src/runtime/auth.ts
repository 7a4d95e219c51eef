/** Flavors of authentication (RFC 5531 section 8.2): what a client sends, and what a server makes of it. */
import { hostname } from "node:os";
import { XdrError, XdrReader, type XdrWriter, encode } from "../xdr/index.ts";
import type { AuthStatName } from "./error.ts";
import {
  AuthFlavorNumber,
  type AuthsysParms,
  AuthsysParmsCodec,
  MAX_AUTH_GIDS,
  MAX_MACHINE_NAME,
  type OpaqueAuth,
  OpaqueAuthCodec,
} from "./gen/rpc_msg.ts";
import type { PeerCredentials } from "./transport/native.ts";

/** A client's flavor. It is asked for each transmission of each call. */
export interface ClientAuth {
  /** Number of the flavor, as IANA lists it. */
  readonly flavor: number;
  /** Writes the credential and the verifier behind the call's header. */
  marshal(w: XdrWriter): void;
}

/** Who calls. */
export interface Caller {
  /** The credential's flavor. */
  readonly flavor: number;
  /** What an AUTH_SYS credential says. Nothing proves it: any program can write any number into it. */
  readonly claimed: AuthsysParms | undefined;
  /** What the kernel says of the process at the other end of a UNIX socket, while it is connected; needs the native addon. */
  readonly proven: PeerCredentials | undefined;
}

/** Options of `authSys`; what is left out is this process's. */
export interface AuthSysOptions {
  /** Default the host's name; cut to 255 bytes. */
  readonly machinename?: string;
  /** Default the effective user id. */
  readonly uid?: number;
  /** Default the effective group id. */
  readonly gid?: number;
  /** Default the supplementary groups. The protocol carries 16; the rest is left out. */
  readonly gids?: readonly number[];
}

const NONE: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_NONE, body: new Uint8Array(0) };

/** AUTH_NONE: no credential. The default. */
export const authNone: ClientAuth = {
  flavor: AuthFlavorNumber.AUTH_NONE,
  marshal(w) {
    OpaqueAuthCodec.encode(w, NONE);
    OpaqueAuthCodec.encode(w, NONE);
  },
};

/** AUTH_SYS: user and group, by number (RFC 5531 appendix A). The server has no means to check them. */
export function authSys(options: AuthSysOptions = {}): ClientAuth {
  const body = encode(AuthsysParmsCodec, {
    stamp: Math.floor(Date.now() / 1000) >>> 0,
    machinename: cut(options.machinename ?? hostname(), MAX_MACHINE_NAME),
    uid: options.uid ?? process.geteuid?.() ?? 0,
    gid: options.gid ?? process.getegid?.() ?? 0,
    gids: [...(options.gids ?? process.getgroups?.() ?? [])].slice(0, MAX_AUTH_GIDS),
  });
  const credential: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_SYS, body };
  return {
    flavor: AuthFlavorNumber.AUTH_SYS,
    marshal(w) {
      OpaqueAuthCodec.encode(w, credential);
      OpaqueAuthCodec.encode(w, NONE);
    },
  };
}

/** What a server makes of a credential: who calls, or why it is rejected. */
export type Authentication =
  | { readonly ok: true; readonly claimed: AuthsysParms | undefined }
  | { readonly ok: false; readonly authStat: AuthStatName };

/** Checks a call's credential. Flavors that this server does not know are rejected as libtirpc rejects them. */
export function authenticate(credential: OpaqueAuth): Authentication {
  switch (credential.flavor) {
    case AuthFlavorNumber.AUTH_NONE:
      return { ok: true, claimed: undefined };
    case AuthFlavorNumber.AUTH_SYS:
      return authenticateSys(credential.body);
    default:
      return { ok: false, authStat: "AUTH_REJECTEDCRED" };
  }
}

function authenticateSys(body: Uint8Array): Authentication {
  try {
    // Old clients leave bytes behind the groups.
    return { ok: true, claimed: AuthsysParmsCodec.decode(new XdrReader(body, { strictness: "tolerant" })) };
  } catch (error) {
    if (error instanceof XdrError) return { ok: false, authStat: "AUTH_BADCRED" };
    throw error;
  }
}

/** The verifier of our replies. */
export const REPLY_VERIFIER: OpaqueAuth = NONE;

function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
