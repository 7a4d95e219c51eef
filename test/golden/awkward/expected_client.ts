// Sample written by tsrpcgen from input.x. It is yours to change.
import { ThenProgV1Client } from "./input_clnt.js";

async function callThenProgV1(host: string): Promise<void> {
  await using client = await ThenProgV1Client.connect(host);
  console.log("then", await client.then_(0));
  console.log("close", await client.close());
  console.log("connection", await client.connection_());
  console.log("constructor", await client.constructor_({ await: 0, class: 0, proto: 0, constructor: 0, default: 0 }));
  console.log("options", await client.options(0));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callThenProgV1(host);
