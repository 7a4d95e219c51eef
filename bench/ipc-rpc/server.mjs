// Our server. Prints its port, or its path.   server.mjs tcp|udp|local|shm|sysvmq|fifo|local-dgram|pipe PATH
import { RpcServer, method, rpcService, serveParent } from "../../dist/src/runtime/index.js";
import { ECHO, NULL } from "./procedures.mjs";

const [transport, path] = process.argv.slice(2);
const server = new RpcServer().add(
  rpcService(NULL.programName, NULL.program, NULL.version, [
    method(
      NULL,
      () => undefined,
      (handler) => handler(),
    ),
    method(
      ECHO,
      (blob) => blob,
      (handler, blob) => handler(blob),
    ),
  ]),
);
if (transport === "pipe") await serveParent(server);
else {
  const name = transport === "shm" ? "local" : transport;
  const where = { tcp: false, udp: false, local: false, [name]: name === "tcp" || name === "udp" ? true : { path } };
  const [bound] = await server.listen({ host: "127.0.0.1", portmap: "off", ...where });
  console.log(bound.path === "" ? bound.port : bound.path);
}
