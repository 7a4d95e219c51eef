// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { Color } from "./expected.js";
import { otherProgV1Service, showProgV1Service, showProgV2Service } from "./expected_svc.js";

const server = new RpcServer();
server.add(
  showProgV1Service({
    null() {
      // insert server code here
    },
    add(arg1, arg2) {
      // insert server code here
      return 0;
    },
    echo(arg) {
      // insert server code here
      return "";
    },
    swap(arg) {
      // insert server code here
      return { a: 0, b: 0 };
    },
  }),
);

server.add(
  showProgV2Service({
    null() {
      // insert server code here
    },
    add(arg1, arg2, arg3) {
      // insert server code here
      return 0;
    },
    find(arg1, arg2, arg3) {
      // insert server code here
      return { status: 0, text: "" };
    },
    walk(arg) {
      // insert server code here
      return null;
    },
    sort(arg) {
      // insert server code here
      return [];
    },
    pick(arg1, arg2) {
      // insert server code here
      return Color.RED;
    },
    mean(arg) {
      // insert server code here
      return 0;
    },
    name(arg) {
      // insert server code here
      return "";
    },
    deepen(arg) {
      // insert server code here
      return {
        flags: Array.from({ length: 6 }, () => ({ ok: true, x: 0 })),
        colors: [Color.RED, Color.RED],
        first: null,
      };
    },
    quad(arg1, arg2) {
      // insert server code here
      return new Uint8Array(16);
    },
    put(arg) {
      // insert server code here
    },
  }),
);

server.add(
  otherProgV1Service({
    count() {
      // insert server code here
      return 0n;
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
