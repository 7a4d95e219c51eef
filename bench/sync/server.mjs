// Our server: procedure 0 does nothing. Prints its port, or its path.   server.mjs tcp|udp|local PATH
import { RpcServer, method, rpcService } from "../../dist/src/runtime/index.js";
import { voidCodec } from "../../dist/src/xdr/index.js";
import { NULL } from "./procedure.mjs";

const [netid, path] = process.argv.slice(2);
const server = new RpcServer().add(
  rpcService(NULL.programName, NULL.program, NULL.version, [
    method(
      { ...NULL, args: voidCodec, result: voidCodec },
      () => undefined,
      (handler) => handler(),
    ),
  ]),
);
const all = { tcp: false, udp: false, local: false };
const [bound] = await server.listen({
  host: "127.0.0.1",
  portmap: "off",
  ...all,
  [netid]: netid === "local" ? { path } : true,
});
console.log(netid === "local" ? bound.path : bound.port);
