// Sample written by tsrpcgen from input.x. It is yours to change.
import { DateProgV1Client } from "./input_clnt.js";

async function callDateProgV1(host: string): Promise<void> {
  await using client = await DateProgV1Client.connect(host);
  console.log("BIN_DATE", await client.binDate());
  console.log("STR_DATE", await client.strDate(0));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDateProgV1(host);
