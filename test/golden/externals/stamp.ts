import type { XdrCodec } from "tsrpcgen/xdr";

export type Stamp = Date;

export const StampCodec: XdrCodec<Stamp> = {
  encode(w, value) {
    w.int64(BigInt(value.getTime()), "Stamp");
  },
  decode(r) {
    return new Date(Number(r.int64("Stamp")));
  },
};
