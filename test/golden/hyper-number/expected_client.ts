// Sample written by tsrpcgen from input.x. It is yours to change.
import { ExtentProgV1Client } from "./input_clnt.js";

async function callExtentProgV1(host: string): Promise<void> {
  await using client = await ExtentProgV1Client.connect(host);
  console.log("FIND", await client.find(0, 0));
  console.log("COUNT", await client.count());
  console.log("MEASURE", await client.measure({ start: 0, length: 0, flags: 0, marks: [], pair: [0, 0], next: null }));
  console.log("SPLIT", await client.split(0));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callExtentProgV1(host);
