import {
  BAD_MERGE,
  type ByNumber,
  FrameStatus,
  type MergeResult,
  MergeResultCode,
  type PayResult,
  PayResultCode,
} from "./input.js";
import type { ResultProgV1Client } from "./input_clnt.js";

export const each: readonly [-2, -1, 7, -1] = [
  PayResultCode.MALFORMED,
  MergeResultCode.MALFORMED,
  FrameStatus.MALFORMED,
  BAD_MERGE,
];

export function reason(value: PayResult): string {
  return value.code === PayResultCode.SUCCESS ? "" : value.reason;
}

export function balance(value: MergeResult): bigint {
  if (value.code === MergeResultCode.MALFORMED) return 0n;
  return value.code === MergeResultCode.SUCCESS ? value.balance : BigInt(value.tries);
}

export function code(value: ByNumber): MergeResultCode | null {
  return value.n === -2 ? MergeResultCode.HAS_MORE : value.code;
}

export async function pay(client: ResultProgV1Client): Promise<string> {
  return reason(await client.pay(PayResultCode.NO_TRUST));
}
