// What all programs of the bench call; the same numbers as in libtirpc.c.
import { voidCodec } from "../../dist/src/xdr/index.js";

const PROGRAM = { program: 0x20000042, programName: "BENCH_PROG", version: 3 };
const MOST_BYTES = 4 << 20;

const blobCodec = {
  encode: (w, value) => w.opaque(value, "blob", MOST_BYTES),
  decode: (r) => r.opaque("blob", MOST_BYTES),
};

export const NULL = { ...PROGRAM, number: 0, name: "NULL", args: voidCodec, result: voidCodec };
export const ECHO = { ...PROGRAM, number: 1, name: "ECHO", args: blobCodec, result: blobCodec };
