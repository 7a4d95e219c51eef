/** A call's message, as it is sent: RFC 5531 section 9. */
import type { XdrWriter } from "../xdr/index.ts";
import type { AuthCall, ClientAuth } from "./auth/flavor.ts";
import { marshalAuth } from "./auth/marshal.ts";
import { MsgType, RPC_MSG_VERSION } from "./gen/rpc_msg.ts";
import type { RpcProcedure, RpcProcedureId } from "./procedure.ts";

/** A call with the codecs of its procedure. */
export interface CallToWrite extends AuthCall {
  readonly procedure: RpcProcedure<unknown, unknown>;
  /** The encoded arguments, where they are encoded already: where the call may be sent more than once, or wrapped. */
  readonly body: Uint8Array | undefined;
}

/** Writes the message, for each transmission anew. `args` are those that are not encoded yet. */
export function writeCall(w: XdrWriter, call: CallToWrite, auth: ClientAuth, args: unknown): void {
  writeHeader(w, call.xid, call.procedure);
  marshalAuth(w, auth, call);
  if (call.body === undefined) {
    call.procedure.args.encode(w, args);
    return;
  }
  const body = auth.wrap === undefined ? call.body : auth.wrap(call.body, call);
  w.opaqueFixed(body, body.length);
}

/** Xid to procedure. */
export function writeHeader(w: XdrWriter, xid: number, procedure: RpcProcedureId): void {
  const at = w.reserve(24);
  w.setUint32(at, xid);
  w.setUint32(at + 4, MsgType.CALL);
  w.setUint32(at + 8, RPC_MSG_VERSION);
  w.setUint32(at + 12, procedure.program);
  w.setUint32(at + 16, procedure.version);
  w.setUint32(at + 20, procedure.number);
}
