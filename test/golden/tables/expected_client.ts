// Sample written by tsrpcgen from input.x. It is yours to change.
import { StoreProgV1Client, StoreProgV2Client } from "./input_clnt.js";

async function callStoreProgV1(host: string): Promise<void> {
  await using client = await StoreProgV1Client.connect(host);
  console.log("OPEN", await client.open(""));
  console.log("NULLPROC", await client.nullproc());
  console.log("then", await client.then_(new Uint8Array(), 0n));
}

async function callStoreProgV2(host: string): Promise<void> {
  await using client = await StoreProgV2Client.connect(host);
  console.log("__proto__", await client.proto(new Uint8Array()));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callStoreProgV1(host);
await callStoreProgV2(host);
