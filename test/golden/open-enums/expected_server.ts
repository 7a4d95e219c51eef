// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { Color, Nfsstat } from "./input.js";
import { colorProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  colorProgV1Service({
    mix(arg1, arg2) {
      // insert server code here
      return Color.RED;
    },
    read(arg) {
      // insert server code here
      return { status: Nfsstat.NFS_OK, data: new Uint8Array() };
    },
    end(arg) {
      // insert server code here
      return { c: Color.RED, r: 0 };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
