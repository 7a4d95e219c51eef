// Sample written by tsrpcgen from input.x. It is yours to change.
import { Log } from "./input.js";
import { LoggerProgV1Client } from "./input_clnt.js";

async function callLoggerProgV1(host: string): Promise<void> {
  await using client = await LoggerProgV1Client.connect(host);
  console.log("SET_LOG", await client.setLog(Log.QUIET));
  console.log("WITHOUT_LOGGER", await client.withoutLogger());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callLoggerProgV1(host);
