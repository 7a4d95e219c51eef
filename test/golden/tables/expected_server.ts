// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { storeProgV1Service, storeProgV2Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  storeProgV1Service({
    open(arg) {
      // insert server code here
      return new Uint8Array();
    },
    nullproc() {
      // insert server code here
    },
    then_(arg1, arg2) {
      // insert server code here
      return false;
    },
  }),
);

server.add(
  storeProgV2Service({
    proto(arg) {
      // insert server code here
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
