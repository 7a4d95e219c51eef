import type { XdrCodec } from "tsrpcgen/xdr";

export interface NetAddress {
  host: string;
  port: number;
}

export const netAddressCodec: XdrCodec<NetAddress> = {
  encode(w, value) {
    w.string(value.host, "NetAddress.host");
    w.uint32(value.port, "NetAddress.port");
  },
  decode(r) {
    return { host: r.string("NetAddress.host"), port: r.uint32("NetAddress.port") };
  },
};
