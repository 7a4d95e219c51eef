// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { calcProgV1Service, calcProgV2Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  calcProgV1Service({
    calcNull() {
      // insert server code here
    },
    add(arg1, arg2) {
      // insert server code here
      return 0;
    },
    swap(arg) {
      // insert server code here
      return { a: 0, b: 0 };
    },
  }),
);

server.add(
  calcProgV2Service({
    add(arg1, arg2) {
      // insert server code here
      return 0n;
    },
    name(arg) {
      // insert server code here
      return "";
    },
    make(arg1, arg2, arg3) {
      // insert server code here
      return { a: 0, b: 0 };
    },
    store(arg) {
      // insert server code here
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
