// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { STORE_PROG_V2Service, storeProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  storeProgV1Service({
    nullproc() {
      // insert server code here
    },
    open(arg) {
      // insert server code here
      return new Uint8Array();
    },
    set(connectSyncClient_, options_, syncCallOptions_) {
      // insert server code here
      return { depth: 0 };
    },
    connection_() {
      // insert server code here
      return { id: 0 };
    },
  }),
);

server.add(
  STORE_PROG_V2Service({
    dispose(arg) {
      // insert server code here
      return false;
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
