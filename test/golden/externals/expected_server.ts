// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { peerProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  peerProgV1Service({
    seen(arg) {
      // insert server code here
      return undefined as never;
    },
    list(arg1, arg2) {
      // insert server code here
      return [];
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
