// Sample written by tsrpcgen from input.x. It is yours to change.
import { CalcProgV1Client, CalcProgV2Client } from "./input_clnt.js";

async function callCalcProgV1(host: string): Promise<void> {
  await using client = await CalcProgV1Client.connect(host);
  console.log("CALC_NULL", await client.calcNull());
  console.log("ADD", await client.add(0, 0));
  console.log("SWAP", await client.swap({ a: 0, b: 0 }));
}

async function callCalcProgV2(host: string): Promise<void> {
  await using client = await CalcProgV2Client.connect(host);
  console.log("ADD", await client.add(0n, 0n));
  console.log("NAME", await client.name(""));
  console.log("MAKE", await client.make(0, "", { a: 0, b: 0 }));
  console.log("STORE", await client.store([]));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callCalcProgV1(host);
await callCalcProgV2(host);
