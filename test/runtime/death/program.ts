/** What is killed: `server PLACE`, `client PLACE`, `pipe` (a server of its parent) or `parent` (of such a one). It says that it begins. */
import { writeSync } from "node:fs";
import { RpcServer, connect, serveParent, spawnServer } from "../../../src/runtime/index.ts";
import { SERVICE, testService } from "../support.ts";
import type { Place } from "./rows.ts";
import { callOn } from "./calls.ts";

const [role, json] = process.argv.slice(2);
const place = json === undefined ? undefined : (JSON.parse(json) as Place);

/** Small and large, at once and in pieces: a reply is often on its way. */
const server = new RpcServer().add(testService((arg) => new Promise((resolve) => setTimeout(resolve, arg % 5, arg))));

writeSync(1, "begins\n");
switch (role) {
  case "server":
    await server.listen({ tcp: false, udp: false, local: false, portmap: "off", ...place?.listen });
    break;
  case "pipe":
    await serveParent(server);
    break;
  case "client":
    await callOn(await connect(SERVICE, { ...place?.connect, timeoutMs: 20_000 }));
    break;
  default: {
    // The place is its server's too, though it has none: by it the test finds the process.
    const { connection } = await spawnServer(process.execPath, [process.argv[1] ?? "", "pipe", json ?? ""]);
    await callOn(connection);
  }
}
