// Sample written by tsrpcgen from input.x. It is yours to change.
import { STORE_PROG_V2Client, StoreProgV1Client } from "./input_clnt.js";

async function callStoreProgV1(host: string): Promise<void> {
  await using client = await StoreProgV1Client.connect(host);
  console.log("NULLPROC", await client.nullproc());
  console.log("OPEN", await client.open(""));
  console.log("SET", await client.set(new Uint8Array(), 0n, { depth: 0 }));
  console.log("connection", await client.connection_());
}

async function callSTORE_PROG_V2(host: string): Promise<void> {
  await using client = await STORE_PROG_V2Client.connect(host);
  console.log("dispose", await client.dispose(new Uint8Array()));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callStoreProgV1(host);
await callSTORE_PROG_V2(host);
