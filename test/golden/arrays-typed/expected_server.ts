// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { sampleProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  sampleProgV1Service({
    scale(arg1, arg2) {
      // insert server code here
      return new Float64Array();
    },
    sort(arg) {
      // insert server code here
      return new globalThis.Int32Array();
    },
    all(arg) {
      // insert server code here
      return {
        ints: new globalThis.Int32Array(),
        counts: new Uint32Array(),
        hypers: new BigInt64Array(),
        times: new BigUint64Array(2),
        floats: new Float32Array(),
        exact: new Float64Array(3),
        all: new globalThis.Int32Array(),
        some: null,
        grid: [new Float32Array(3), new Float32Array(3)],
        few: new Float64Array(),
        shorts: [],
        flags: [],
        fixed: new globalThis.Int32Array(3),
      };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
