/** The runtime's errors in the words of libtirpc (`clnt_sperror`, `clnt_spcreateerror`), which scripts may look for. */
import { type AuthStatName, RpcError, type RpcErrorCode } from "../../../runtime/index.ts";
import { systemCode } from "../../../runtime/error.ts";

const TEXTS: Readonly<Partial<Record<RpcErrorCode, string>>> = {
  RPC_CANTENCODEARGS: "RPC: Can't encode arguments",
  RPC_CANTDECODERES: "RPC: Can't decode result",
  RPC_CANTSEND: "RPC: Unable to send",
  RPC_CANTRECV: "RPC: Unable to receive",
  RPC_TIMEDOUT: "RPC: Timed out",
  RPC_VERSMISMATCH: "RPC: Incompatible versions of RPC",
  RPC_AUTHERROR: "RPC: Authentication error",
  RPC_PROGUNAVAIL: "RPC: Program unavailable",
  RPC_PROGVERSMISMATCH: "RPC: Program/version mismatch",
  RPC_PROCUNAVAIL: "RPC: Procedure unavailable",
  RPC_CANTDECODEARGS: "RPC: Server can't decode arguments",
  RPC_SYSTEMERROR: "RPC: Remote system error",
  RPC_UNKNOWNHOST: "RPC: Unknown host",
  // The host has no address of the family: to libtirpc it then has no address.
  RPC_UNKNOWNPROTO: "RPC: Unknown host",
  RPC_RPCBFAILURE: "RPC: Port mapper failure",
  RPC_PROGNOTREGISTERED: "RPC: Program not registered",
};

const AUTH_TEXTS: Readonly<Partial<Record<AuthStatName, string>>> = {
  AUTH_BADCRED: "Invalid client credential",
  AUTH_REJECTEDCRED: "Server rejected credential",
  AUTH_BADVERF: "Invalid client verifier",
  AUTH_REJECTEDVERF: "Server rejected verifier",
  AUTH_TOOWEAK: "Client credential too weak",
  AUTH_INVALIDRESP: "Invalid server verifier",
  AUTH_FAILED: "Failed (unspecified error)",
};

/** As glibc's strerror has them. */
const SYSTEM_TEXTS: Readonly<Partial<Record<string, string>>> = {
  EACCES: "Permission denied",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EHOSTDOWN: "Host is down",
  EHOSTUNREACH: "No route to host",
  EINVAL: "Invalid argument",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ENOENT: "No such file or directory",
  ENOTSOCK: "Socket operation on non-socket",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  EPROTOTYPE: "Protocol wrong type for socket",
  ETIMEDOUT: "Connection timed out",
};

/** Why there is no connection: `clnt_spcreateerror` without its prefix. */
export function createErrorText(thrown: unknown): string {
  const error = innermost(thrown);
  // With nothing below it that failed, it is about what was said of the portmapper: TSRPC_PORTMAP.
  if (error.code === "RPC_RPCBFAILURE") return `${TEXTS[error.code] ?? ""} - ${error.message}`;
  if (error.code !== "RPC_CANTCONNECT") return TEXTS[error.code] ?? error.message;
  // A udp socket is connected without a message, but not where there is no way to the host.
  if (isDatagram(error)) return "RPC: Unable to send";
  const system = systemCode(error.cause);
  return system === undefined ? "RPC: Timed out" : `RPC: Remote system error - ${systemText(system)}`;
}

/** Why a call failed: `clnt_sperror` without its prefix. */
export function callErrorText(thrown: unknown): string {
  const error = innermost(thrown);
  const { code, low, high, authStat } = error;
  switch (code) {
    case "RPC_CANTCONNECT":
      return isDatagram(error) ? withErrno("RPC_CANTSEND", error) : createErrorText(error);
    case "RPC_CANTSEND":
    case "RPC_CANTRECV":
      return withErrno(code, error);
    case "RPC_VERSMISMATCH":
    case "RPC_PROGVERSMISMATCH":
      return `${TEXTS[code] ?? ""}; low version = ${low ?? 0}, high version = ${high ?? 0}`;
    case "RPC_AUTHERROR":
      return `${TEXTS[code] ?? ""}; why = ${authStat === undefined ? "" : (AUTH_TEXTS[authStat] ?? authStat)}`;
    default:
      return TEXTS[code] ?? error.message;
  }
}

/** libtirpc takes a connection that ended for one that was reset. */
function withErrno(code: "RPC_CANTSEND" | "RPC_CANTRECV", { cause }: RpcError): string {
  return `${TEXTS[code] ?? ""}; errno = ${systemText(systemCode(cause) ?? "ECONNRESET")}`;
}

/** What the portmapper's failure, which a lookup reports, is about. Anything but an `RpcError` is ours, and thrown on. */
function innermost(thrown: unknown): RpcError {
  if (!(thrown instanceof RpcError)) throw thrown;
  return thrown.code === "RPC_RPCBFAILURE" && thrown.cause instanceof RpcError ? thrown.cause : thrown;
}

/** Whether there was no way to the host: libtirpc learns that over udp from its first call alone. */
export function isUnsent(thrown: unknown): thrown is RpcError {
  return thrown instanceof RpcError && thrown.code === "RPC_CANTCONNECT" && isDatagram(thrown);
}

function isDatagram(error: RpcError): boolean {
  return error.peer?.netid.startsWith("udp") === true;
}

function systemText(code: string): string {
  return SYSTEM_TEXTS[code] ?? code;
}
