// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { PayResultCode } from "./input.js";
import { resultProgV1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  resultProgV1Service({
    pay(arg) {
      // insert server code here
      return { code: PayResultCode.SUCCESS };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
