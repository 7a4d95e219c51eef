// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { store3ProgramV3Service, storeProgramV2Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  storeProgramV2Service({
    store2Null() {
      // insert server code here
    },
    store2Size() {
      // insert server code here
      return 0;
    },
  }),
);

server.add(
  store3ProgramV3Service({
    store3Null() {
      // insert server code here
    },
    store3Size() {
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
