/** A reply: RFC 5531 section 9. */
import { XdrReader, type XdrReaderOptions } from "../xdr/index.ts";
import type { AuthCall, ClientAuth } from "./auth/flavor.ts";
import { NO_AUTH } from "./auth/none.ts";
import { RpcError, type RpcErrorDetails, reason } from "./error.ts";
import { MsgType, type OpaqueAuth, RejectStat, ReplyStat, type RpcMsg, RpcMsgCodec } from "./gen/rpc_msg.ts";
import type { RpcProcedure } from "./procedure.ts";
import { replyError } from "./reply-error.ts";

export interface Reply {
  /** Undefined where the results follow. */
  readonly error: RpcError | undefined;
  /** Undefined where the call was denied. */
  readonly verifier: OpaqueAuth | undefined;
}

/** Reads the header; the reader stands at the results then. Throws where it is malformed. */
export function readReply(bytes: Uint8Array, r: XdrReader, details: RpcErrorDetails): Reply {
  if (isPlainSuccess(bytes)) {
    r.take(PLAIN_BYTES);
    return PLAIN_SUCCESS;
  }
  let message: RpcMsg;
  try {
    message = RpcMsgCodec.decode(r);
  } catch (error) {
    const authStat = unknownAuthStat(bytes);
    if (authStat === undefined) throw error;
    const text = `the server rejected the credentials, for a reason of its own: auth_stat ${authStat}`;
    return {
      error: new RpcError("RPC_AUTHERROR", text, { ...details, authStat: "AUTH_FAILED" }),
      verifier: undefined,
    };
  }
  const reply = message.body.mtype === MsgType.REPLY ? message.body.rbody : undefined;
  const verifier = reply?.stat === ReplyStat.MSG_ACCEPTED ? reply.areply.verf : undefined;
  return { error: replyError(message, details), verifier };
}

/** Xid, REPLY, MSG_ACCEPTED, a verifier of AUTH_NONE without a body, SUCCESS. */
const PLAIN_BYTES = 24;
const PLAIN_SUCCESS: Reply = { error: undefined, verifier: NO_AUTH };

/** Nearly every reply begins so, and is not taken apart: all words behind the xid are 0, but for REPLY, which is 1. */
function isPlainSuccess(bytes: Uint8Array): boolean {
  if (bytes.length < PLAIN_BYTES || bytes[7] !== MsgType.REPLY) return false;
  for (let at = 4; at < 7; at++) if (bytes[at] !== 0) return false;
  for (let at = 8; at < PLAIN_BYTES; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** IANA's registry of reasons is open: those that came after RFC 5531 are rejections all the same. */
function unknownAuthStat(bytes: Uint8Array): number | undefined {
  if (bytes.length < 20) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isDenied = view.getUint32(8) === ReplyStat.MSG_DENIED && view.getUint32(12) === RejectStat.AUTH_ERROR;
  return isDenied ? view.getUint32(16) : undefined;
}

/** How results are decoded. */
export interface ResultReading extends XdrReaderOptions {
  /** Told how often a result was accepted that strict decoding rejects. */
  readonly tolerated: (times: number) => void;
}

/**
 * The result behind a header that the reader has read, of a call that was accepted, with whatever the server says of it. Throws the header's
 * error, `RPC_AUTHERROR` where the flavor does not believe the verifier, and `RPC_CANTDECODERES`.
 */
export function readResult(
  call: AuthCall & { readonly procedure: RpcProcedure<unknown, unknown> },
  auth: ClientAuth,
  { verifier, error }: Reply,
  bytes: Uint8Array,
  r: XdrReader,
  reading: ResultReading,
  details: RpcErrorDetails,
): unknown {
  let invalid: { readonly cause?: unknown } | undefined;
  try {
    if (verifier !== undefined && auth.validate?.(verifier, call) === false) invalid = {};
  } catch (cause) {
    invalid = { cause };
  }
  if (invalid !== undefined) {
    const text = "the server's verifier is not right: AUTH_INVALIDRESP";
    throw new RpcError("RPC_AUTHERROR", text, { ...details, authStat: "AUTH_INVALIDRESP", ...invalid });
  }
  if (error !== undefined) throw error;
  const { procedure } = call;
  try {
    const body = auth.unwrap === undefined ? r : new XdrReader(auth.unwrap(bytes.subarray(r.position), call), reading);
    const result = procedure.result.decode(body);
    body.end(procedure.name);
    if (body.tolerated > 0) reading.tolerated(body.tolerated);
    return result;
  } catch (cause) {
    throw new RpcError("RPC_CANTDECODERES", `the result can't be decoded: ${reason(cause)}`, { ...details, cause });
  }
}
