// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { textProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  textProgV1Service({
    echo(arg) {
      // insert server code here
      return "";
    },
    clip(arg) {
      // insert server code here
      return "";
    },
    rename(arg1, arg2, arg3) {
      // insert server code here
      return "";
    },
    all(arg) {
      // insert server code here
      return { any: "", shortOne: "", named: "", titles: [], two: ["", ""], perhaps: null, data: new Uint8Array() };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
