/** AUTH_SYS: user and group by number, which nothing proves (RFC 5531 appendix A), and AUTH_SHORT, its shorthand. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { XdrError, XdrReader, decode, encode } from "../../xdr/index.ts";
import {
  AuthFlavorNumber,
  type AuthsysParms,
  AuthsysParmsCodec,
  MAX_AUTH_GIDS,
  MAX_MACHINE_NAME,
  type OpaqueAuth,
  OpaqueAuthCodec,
} from "../gen/rpc_msg.ts";
import { DEFAULT_MAX_SHORTHANDS } from "../limits.ts";
import type { AuthStatName } from "../error.ts";
import type { AuthCall, AuthChannel, AuthDecision, ClientAuth, ServerAuth } from "./flavor.ts";
import { NO_AUTH } from "./none.ts";

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

/**
 * AUTH_SYS: user and group, by number. The server has no means to check them. Where a server answers with a shorthand
 * (AUTH_SHORT), that is sent instead from then on, until the server has forgotten it.
 */
export function authSys(options: AuthSysOptions = {}): ClientAuth {
  const body = encode(AuthsysParmsCodec, {
    stamp: Math.floor(Date.now() / 1000) >>> 0,
    machinename: cut(options.machinename ?? hostname(), MAX_MACHINE_NAME),
    uid: options.uid ?? process.geteuid?.() ?? 0,
    gid: options.gid ?? process.getegid?.() ?? 0,
    gids: [...(options.gids ?? process.getgroups?.() ?? [])].slice(0, MAX_AUTH_GIDS),
  });
  const credential: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_SYS, body };
  const shorthands = new WeakMap<AuthChannel, OpaqueAuth>();
  let hasShorthand = false;
  /** Only a call that was sent with a shorthand has something else to send: many of them may be rejected at once. */
  const refresh = (_reason: AuthStatName, { channel, authState }: AuthCall): boolean => {
    if (authState === undefined) return false;
    if (shorthands.get(channel) === authState) shorthands.delete(channel);
    return true;
  };
  return {
    flavor: AuthFlavorNumber.AUTH_SYS,
    marshal(w, call) {
      const shorthand = shorthands.get(call.channel);
      call.authState = shorthand;
      OpaqueAuthCodec.encode(w, shorthand ?? credential);
      OpaqueAuthCodec.encode(w, NO_AUTH);
    },
    validate({ flavor, body: shorthand }, { channel }) {
      if (flavor === AuthFlavorNumber.AUTH_SHORT) {
        hasShorthand = true;
        shorthands.set(channel, readShorthand(shorthand));
      }
      return true;
    },
    // Without a shorthand there are no other credentials to try, and no need to keep arguments for that.
    get refresh() {
      return hasShorthand ? refresh : undefined;
    },
  };
}

export interface ServerAuthSysOptions {
  /** Answers with shorthands, and takes them. Default false, as libtirpc. */
  readonly shorthand?: boolean;
  /** Shorthands that are remembered: the oldest is forgotten first, and its client sends its credential once more. Default 1024. */
  readonly maxShorthands?: number;
}

/** The server's side of AUTH_SYS, and of AUTH_SHORT. Put both into `auth` of the server's options for shorthands. */
export function serverAuthSys(options: ServerAuthSysOptions = {}): readonly [sys: ServerAuth, short: ServerAuth] {
  const { shorthand = false, maxShorthands = DEFAULT_MAX_SHORTHANDS } = options;
  if (!(maxShorthands >= 0)) throw new RangeError(`maxShorthands is ${String(maxShorthands)}, not a number of them`);
  const known = new Map<string, { readonly claimed: AuthsysParms; readonly key: string }>();
  const tokens = new Map<string, Buffer>();

  const tokenOf = (body: Uint8Array, claimed: AuthsysParms): Buffer => {
    const key = Buffer.from(body).toString("latin1");
    let token = tokens.get(key);
    if (token !== undefined) return token;
    token = randomBytes(SHORTHAND_BYTES);
    tokens.set(key, token);
    known.set(token.toString("latin1"), { claimed, key });
    const [oldest] = known;
    if (known.size > maxShorthands && oldest !== undefined) {
      known.delete(oldest[0]);
      tokens.delete(oldest[1].key);
    }
    return token;
  };

  return [
    {
      flavor: AuthFlavorNumber.AUTH_SYS,
      authenticate({ credential }): AuthDecision {
        const claimed = readParms(credential.body);
        if (claimed === undefined) return { kind: "reject", authStat: "AUTH_BADCRED" };
        if (!shorthand) return { kind: "accept", claimed };
        // The verifier's bytes are not the shorthand: they encode the credential that it is to be sent as (libtirpc reads it so).
        const body = encode(OpaqueAuthCodec, {
          flavor: AuthFlavorNumber.AUTH_SHORT,
          body: tokenOf(credential.body, claimed),
        });
        return { kind: "accept", claimed, verifier: { flavor: AuthFlavorNumber.AUTH_SHORT, body } };
      },
    },
    {
      flavor: AuthFlavorNumber.AUTH_SHORT,
      authenticate({ credential }): AuthDecision {
        const entry = known.get(Buffer.from(credential.body).toString("latin1"));
        if (entry === undefined) return { kind: "reject", authStat: "AUTH_REJECTEDCRED" };
        const caller = { flavor: AuthFlavorNumber.AUTH_SYS, body: Buffer.from(entry.key, "latin1") };
        return { kind: "accept", claimed: entry.claimed, caller };
      },
    },
  ];
}

/** Enough that none is guessed. */
const SHORTHAND_BYTES = 16;

/** The credential that a verifier of AUTH_SHORT encodes; where it does not, its bytes are taken for the shorthand itself. */
function readShorthand(verifier: Uint8Array): OpaqueAuth {
  try {
    const credential = decode(OpaqueAuthCodec, verifier);
    // Views of the reply would pin it.
    return { ...credential, body: credential.body.slice() };
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    return { flavor: AuthFlavorNumber.AUTH_SHORT, body: verifier.slice() };
  }
}

function readParms(body: Uint8Array): AuthsysParms | undefined {
  try {
    // Old clients leave bytes behind the groups.
    return AuthsysParmsCodec.decode(new XdrReader(body, { strictness: "tolerant" }));
  } catch (error) {
    if (error instanceof XdrError) return undefined;
    throw error;
  }
}

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
