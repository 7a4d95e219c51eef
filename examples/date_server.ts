// Serves DATE_PROG over tcp, udp and a local socket until SIGINT or SIGTERM. It registers with the portmapper, which is
// rpcbind on this host, or where TSRPC_PORTMAP says.
import { RpcServer } from "tsrpcgen/runtime";
import { dateProgV1Service } from "./date_svc.ts";

await using server = new RpcServer();
server.add(
  dateProgV1Service({
    binDate: () => Math.floor(Date.now() / 1000),
    strDate: (time) => new Date(time * 1000).toString(),
  }),
);
const ended = new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
for (const { netid, address } of await server.listen()) console.log(`date server: listening on ${netid} ${address}`);
console.log("date server: ready");
await ended;
