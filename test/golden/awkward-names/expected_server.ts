// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { awkwardProgV1Service, toV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  awkwardProgV1Service({
    connection_() {
      // insert server code here
      return 0;
    },
    then_() {
      // insert server code here
      return 0;
    },
    constructor_(arg) {
      // insert server code here
      return 0;
    },
    close() {
      // insert server code here
      return 0;
    },
    transport() {
      // insert server code here
      return 0;
    },
    connect() {
      // insert server code here
      return 0;
    },
    delete(arg) {
      // insert server code here
      return 0;
    },
    proto() {
      // insert server code here
      return 0;
    },
    toString_() {
      // insert server code here
      return 0;
    },
    call() {
      // insert server code here
      return 0;
    },
    new(arg1, arg2) {
      // insert server code here
      return 0;
    },
    get(arg) {
      // insert server code here
      return 0;
    },
    static(arg) {
      // insert server code here
      return 0;
    },
    private() {
      // insert server code here
      return 0;
    },
    async() {
      // insert server code here
      return 0;
    },
    GET_ATTR() {
      // insert server code here
      return 0;
    },
    getAttr() {
      // insert server code here
      return 0;
    },
    name() {
      // insert server code here
      return 0;
    },
    prototype() {
      // insert server code here
      return 0;
    },
    catch() {
      // insert server code here
      return 0;
    },
    arg(arg) {
      // insert server code here
      return 0;
    },
    ctx(arg) {
      // insert server code here
      return 0;
    },
  }),
);

server.add(
  toV1Service({
    handlers() {
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
