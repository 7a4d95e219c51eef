// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { textProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  textProgV1Service({
    echo(arg) {
      // insert server code here
      return new globalThis.Uint8Array();
    },
    clip(arg) {
      // insert server code here
      return new globalThis.Uint8Array();
    },
    rename(arg1, arg2, arg3) {
      // insert server code here
      return new globalThis.Uint8Array();
    },
    all(arg) {
      // insert server code here
      return {
        any: new globalThis.Uint8Array(),
        shortOne: new globalThis.Uint8Array(),
        named: new globalThis.Uint8Array(),
        titles: [],
        two: [new globalThis.Uint8Array(), new globalThis.Uint8Array()],
        perhaps: null,
        data: new globalThis.Uint8Array(),
      };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
