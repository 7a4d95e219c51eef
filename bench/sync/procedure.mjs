// What all programs of the bench call; the same numbers as in libtirpc.c.
import { voidCodec } from "../../dist/src/xdr/index.js";

export const NULL = {
  program: 0x20000042,
  programName: "BENCH_PROG",
  version: 3,
  number: 0,
  name: "NULL",
  args: voidCodec,
  result: voidCodec,
};
export const UNMEASURED = 5000;
