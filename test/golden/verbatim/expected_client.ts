// Sample written by tsrpcgen from input.x. It is yours to change.
import { DATE_PROG_V1Client } from "./input_clnt.js";

async function callDATE_PROG_V1(host: string): Promise<void> {
  await using client = await DATE_PROG_V1Client.connect(host);
  console.log("BIN_DATE", await client.BIN_DATE());
  console.log("STR_DATE", await client.STR_DATE(0));
  console.log("look_up", await client.look_up({ nodes: { node_name: "", keys: [], next_node: null }, attrs: null }));
  console.log("Kind_Of", await client.Kind_Of("", { node_name: "", keys: [], next_node: null }));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDATE_PROG_V1(host);
