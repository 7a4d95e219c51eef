// Sample written by tsrpcgen from input.x. It is yours to change.
import { host_ } from "./input.js";
import { to_V1Client, value_prog_V1_Client } from "./input_clnt.js";

async function callvalue_prog_V1_(host: string): globalThis.Promise<void> {
  await using client = await value_prog_V1_Client.connect(host);
  console.log("connection", await client.connection_({ items: [], item: null }));
  console.log("then", await client.then_(host_.HOST));
  console.log("static", await client.static({ any: 0 }, { delete: 0, ["__proto__"]: 0, constructor: 0 }));
  console.log("NULL", await client.NULL({ data: new globalThis.Uint8Array() }));
  console.log("arg", await client.arg(0));
}

async function callto_V1(host: string): globalThis.Promise<void> {
  await using client = await to_V1Client.connect(host);
  console.log("handlers", await client.handlers());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callvalue_prog_V1_(host);
await callto_V1(host);
