// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer as RpcServer_ } from "tsrpcgen/runtime";
import { Exclude } from "./input.js";
import { mapV1Service } from "./input_svc.js";

const server = new RpcServer_();
server.add(
  mapV1Service({
    error(arg1, arg2) {
      // insert server code here
      return { reason: { code: 0 }, bytes: { data: new globalThis.Uint8Array() } };
    },
    rpcClient(arg) {
      // insert server code here
      return { a: 0 };
    },
    call(arg) {
      // insert server code here
      return { e: Exclude.OUT, key: new globalThis.Uint8Array(3) };
    },
    options(arg1, arg2) {
      // insert server code here
      return { a: 0 };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
