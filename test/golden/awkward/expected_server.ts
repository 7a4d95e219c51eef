// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { thenProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  thenProgV1Service({
    then_(arg) {
      // insert server code here
      return 0;
    },
    close() {
      // insert server code here
    },
    connection_() {
      // insert server code here
    },
    constructor_(arg) {
      // insert server code here
      return { code: 0 };
    },
    options(arg) {
      // insert server code here
      return 0;
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
