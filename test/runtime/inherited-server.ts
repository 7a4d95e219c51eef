/** Serves whatever lies at descriptor 0, as a program that inetd starts does. Its argument: idleTimeoutMs. */
import { RpcServer, inheritedSocket } from "../../src/runtime/index.ts";
import { testService } from "./support.ts";

const inherited = inheritedSocket();
if (inherited === undefined) {
  console.log("none");
} else {
  const server = new RpcServer({ idleTimeoutMs: Number(process.argv[2]) }).add(testService());
  console.log(JSON.stringify({ inherited, bound: await server.listenOn(inherited) }));
}
