// Sample written by tsrpcgen from input.x. It is yours to change.
import { MapV1Client } from "./input_clnt.js";

async function callMapV1(host: string): globalThis.Promise<void> {
  await using client = await MapV1Client.connect(host);
  console.log("Error", await client.error({ code: 0 }, { data: new globalThis.Uint8Array() }));
  console.log("RpcClient", await client.rpcClient(0));
  console.log("call", await client.call(""));
  console.log("options", await client.options({ a: 0 }, { a: 0 }));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callMapV1(host);
