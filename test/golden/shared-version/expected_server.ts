// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { dayProgV1Service, leapProgV1Service, leapProgV2Service, otherProgV3Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  dayProgV1Service({
    days(arg) {
      // insert server code here
      return 0;
    },
  }),
);

server.add(
  leapProgV1Service({
    leap(arg) {
      // insert server code here
      return 0;
    },
  }),
);

server.add(
  leapProgV2Service({
    leap(arg) {
      // insert server code here
      return 0;
    },
  }),
);

server.add(
  otherProgV3Service({
    other(arg) {
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
