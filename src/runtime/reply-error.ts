import { RpcError, type AuthStatName, type RpcErrorCode, type RpcErrorDetails } from "./error.ts";
import { AcceptStat, AuthStat, MsgType, RejectStat, ReplyStat, type RpcMsg } from "./gen/rpc_msg.ts";

const ACCEPT_ERRORS: Readonly<Record<number, readonly [RpcErrorCode, string]>> = {
  [AcceptStat.PROG_UNAVAIL]: ["RPC_PROGUNAVAIL", "the server does not have this program"],
  [AcceptStat.PROC_UNAVAIL]: ["RPC_PROCUNAVAIL", "the server does not have this procedure"],
  [AcceptStat.GARBAGE_ARGS]: ["RPC_CANTDECODEARGS", "the server could not decode the arguments"],
  [AcceptStat.SYSTEM_ERR]: ["RPC_SYSTEMERROR", "the server failed while it ran the procedure"],
};

/** The error that a reply's header carries; undefined where the result follows. RFC 5531 section 9. */
export function replyError(message: RpcMsg, details: RpcErrorDetails): RpcError | undefined {
  if (message.body.mtype !== MsgType.REPLY) {
    return new RpcError("RPC_CANTDECODERES", "the reply is a call", details);
  }
  const reply = message.body.rbody;
  if (reply.stat === ReplyStat.MSG_DENIED) {
    const { rreply } = reply;
    if (rreply.stat === RejectStat.RPC_MISMATCH) {
      const { low, high } = rreply.mismatchInfo;
      return new RpcError("RPC_VERSMISMATCH", `the server speaks RPC versions ${low} to ${high}, not 2`, {
        ...details,
        low,
        high,
      });
    }
    const authStat = authStatName(rreply.stat_);
    return new RpcError("RPC_AUTHERROR", `the server rejected the credentials: ${authStat}`, { ...details, authStat });
  }
  const data = reply.areply.replyData;
  if (data.stat === AcceptStat.SUCCESS) return undefined;
  if (data.stat === AcceptStat.PROG_MISMATCH) {
    const { low, high } = data.mismatchInfo;
    return new RpcError("RPC_PROGVERSMISMATCH", `the server has versions ${low} to ${high} of this program`, {
      ...details,
      low,
      high,
    });
  }
  const [code, text] = ACCEPT_ERRORS[data.stat] ?? ["RPC_CANTDECODERES", `unknown accept_stat ${String(data.stat)}`];
  return new RpcError(code, text, details);
}

function authStatName(stat: AuthStat): AuthStatName {
  for (const [name, value] of Object.entries(AuthStat)) {
    if (value === stat && name !== "AUTH_OK") return name as AuthStatName;
  }
  return "AUTH_FAILED";
}
