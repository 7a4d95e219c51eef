// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { options_ } from "./input.js";
import { to_V1Service, value_prog_V1_Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  value_prog_V1_Service({
    connection_(arg) {
      // insert server code here
      return { value: 0, w: [] };
    },
    then_(arg) {
      // insert server code here
      return { keyof: 0 };
    },
    static(arg1, arg2) {
      // insert server code here
      return options_.OPTION;
    },
    NULL(arg) {
      // insert server code here
      return { then: [] };
    },
    arg(arg) {
      // insert server code here
      return { tree: 0 };
    },
  }),
);

server.add(
  to_V1Service({
    handlers() {
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
