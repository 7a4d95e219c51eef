/** A client and a server in one process, for the test of TSRPC_DEBUG. */
import { connect } from "../../src/runtime/index.ts";
import { ABSENT, ECHO, RUN, SERVICE, serve, testService } from "./support.ts";

const service = testService(() => {
  throw new Error("unlucky");
});
const { server, to } = await serve("tcp", service, { onError: () => undefined });
const connection = await connect(SERVICE, to);
await connection.call(ECHO, 1);
await connection.call(RUN, 1).catch(() => undefined);
await connection.call(ABSENT, undefined).catch(() => undefined);
await connection.send(ECHO, 1);
await connection.call(ECHO, 2);
await connection.close();
await server.close();
console.log("done");
