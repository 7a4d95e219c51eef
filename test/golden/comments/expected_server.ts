// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { commentProgV1Service } from "./expected_svc.js";

const server = new RpcServer();
server.add(
  commentProgV1Service({
    f(arg) {
      // insert server code here
      return 0;
    },
    g(arg1, arg2) {
      // insert server code here
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
