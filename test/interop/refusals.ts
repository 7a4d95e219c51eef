import type { AuthStatName, Rejection } from "tsrpcgen/runtime";

/** By number: `auth_stat` of RFC 5531, section 9. */
export const AUTH_STATS: readonly AuthStatName[] = [
  "AUTH_BADCRED",
  "AUTH_REJECTEDCRED",
  "AUTH_BADVERF",
  "AUTH_REJECTEDVERF",
  "AUTH_TOOWEAK",
  "AUTH_INVALIDRESP",
  "AUTH_FAILED",
  "AUTH_KERB_GENERIC",
  "AUTH_TIMEEXPIRE",
  "AUTH_TKT_FILE",
  "AUTH_DECODE",
  "AUTH_NET_ADDR",
  "RPCSEC_GSS_CREDPROBLEM",
  "RPCSEC_GSS_CTXPROBLEM",
];

/** REFUSE's arguments, as c/probe_server.c takes them. */
export const AUTH_BASE: number = 100;
export const WEAK_AUTH: number = 200;

type ClntStat =
  | "SUCCESS"
  | "TIMEDOUT"
  | "VERSMISMATCH"
  | "AUTHERROR"
  | "PROGUNAVAIL"
  | "PROGVERSMISMATCH"
  | "PROCUNAVAIL"
  | "CANTDECODEARGS"
  | "SYSTEMERROR";

/** libtirpc's `clnt_stat`. */
export const CLNT_STAT: Readonly<Record<ClntStat, number>> = {
  SUCCESS: 0,
  TIMEDOUT: 5,
  VERSMISMATCH: 6,
  AUTHERROR: 7,
  PROGUNAVAIL: 8,
  PROGVERSMISMATCH: 9,
  PROCUNAVAIL: 10,
  CANTDECODEARGS: 11,
  SYSTEMERROR: 12,
};

/** How REFUSE of our server answers an argument. */
export function rejection(how: number): Rejection {
  switch (how) {
    case 1:
      return "PROG_UNAVAIL";
    case 2:
      return { code: "PROG_MISMATCH", low: 7, high: 9 };
    case 3:
      return "PROC_UNAVAIL";
    case 4:
      return "GARBAGE_ARGS";
    case 5:
      return "SYSTEM_ERR";
    default:
      return AUTH_STATS[how - AUTH_BASE - 1] ?? "SYSTEM_ERR";
  }
}
