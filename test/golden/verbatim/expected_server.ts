// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { Color, file_kind } from "./input.js";
import { DATE_PROG_V1Service } from "./input_svc.js";

const server = new RpcServer();
server.add(
  DATE_PROG_V1Service({
    BIN_DATE() {
      // insert server code here
      return 0;
    },
    STR_DATE(arg) {
      // insert server code here
      return "";
    },
    look_up(arg) {
      // insert server code here
      return {
        the_kind: file_kind.REGULAR,
        resok_attrs: { kind: file_kind.REGULAR, tint: Color.RED, file_mode: 0, SIZE: 0n, obj_name: "" },
      };
    },
    Kind_Of(arg1, arg2) {
      // insert server code here
      return file_kind.REGULAR;
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}
