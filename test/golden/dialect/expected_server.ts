// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { dialectProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  dialectProgV1Service({
    none() {
      // insert server code here
    },
    one(arg) {
      // insert server code here
      return { c: 97, letters: new Uint8Array(2) };
    },
    many(first_, second, arg3, last) {
      // insert server code here
      return 0;
    },
    named(delete_) {
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
