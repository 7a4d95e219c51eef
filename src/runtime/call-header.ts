/** The header of a call that has come (RFC 5531 section 9), read by hand: each call goes through here. */
import type { XdrReader } from "../xdr/index.ts";
import { NO_AUTH } from "./auth/none.ts";
import { type CallBody, MsgType, type OpaqueAuth, OpaqueAuthCodec } from "./gen/rpc_msg.ts";

/** Reads xid to verifier; the reader stands at the arguments then. Undefined where it is no call. Throws an `XdrError`. */
export function readCallHeader(r: XdrReader): CallBody | undefined {
  const at = r.take(24);
  if (r.getUint32(at + 4) !== MsgType.CALL) return undefined;
  return {
    rpcvers: r.getUint32(at + 8),
    prog: r.getUint32(at + 12),
    vers: r.getUint32(at + 16),
    proc: r.getUint32(at + 20),
    cred: readAuth(r),
    verf: readAuth(r),
  };
}

function readAuth(r: XdrReader): OpaqueAuth {
  if (r.remaining < 8 || !isNoAuth(r)) return OpaqueAuthCodec.decode(r);
  r.take(8);
  return NO_AUTH;
}

function isNoAuth(r: XdrReader): boolean {
  return r.peekUint32(0) === NO_AUTH.flavor && r.peekUint32(4) === 0;
}
