// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { dirProgV1Service } from "./input_svc.js";
import { Kind } from "./types.js";

const server = new RpcServer();
server.add(
  dirProgV1Service({
    read(arg1, arg2) {
      // insert server code here
      return {
        entries: null,
        of: Kind.FILE_KIND,
        others: [],
        at: { x: 0, y: 0 },
        h: new Uint8Array(8),
        outline: { round: true, center: { x: 0, y: 0 } },
        numbers: [],
        promised: { k: Kind.FILE_KIND },
      };
    },
    shape(arg) {
      // insert server code here
      return { round: true, center: { x: 0, y: 0 } };
    },
    kind() {
      // insert server code here
      return Kind.FILE_KIND;
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
