// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { extentProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  extentProgV1Service({
    find(arg1, arg2) {
      // insert server code here
      return 0;
    },
    count() {
      // insert server code here
      return 0;
    },
    measure(arg) {
      // insert server code here
      return { kind: 0 };
    },
    split(arg) {
      // insert server code here
      return { start: 0, length: 0, flags: 0, marks: [], pair: [0, 0], next: null };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
