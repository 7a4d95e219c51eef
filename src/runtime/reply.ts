/** A reply's header: RFC 5531 section 9. */
import type { XdrReader } from "../xdr/index.ts";
import { RpcError, type RpcErrorDetails } from "./error.ts";
import { MsgType, type OpaqueAuth, RejectStat, ReplyStat, type RpcMsg, RpcMsgCodec } from "./gen/rpc_msg.ts";
import { replyError } from "./reply-error.ts";

export interface Reply {
  /** Undefined where the results follow. */
  readonly error: RpcError | undefined;
  /** Undefined where the call was denied. */
  readonly verifier: OpaqueAuth | undefined;
}

/** Reads the header; the reader stands at the results then. Throws where it is malformed. */
export function readReply(bytes: Uint8Array, r: XdrReader, details: RpcErrorDetails): Reply {
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

/** IANA's registry of reasons is open: those that came after RFC 5531 are rejections all the same. */
function unknownAuthStat(bytes: Uint8Array): number | undefined {
  if (bytes.length < 20) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isDenied = view.getUint32(8) === ReplyStat.MSG_DENIED && view.getUint32(12) === RejectStat.AUTH_ERROR;
  return isDenied ? view.getUint32(16) : undefined;
}
