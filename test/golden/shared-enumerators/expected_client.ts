// Sample written by tsrpcgen from input.x. It is yours to change.
import { PayResultCode } from "./input.js";
import { ResultProgV1Client } from "./input_clnt.js";

async function callResultProgV1(host: string): Promise<void> {
  await using client = await ResultProgV1Client.connect(host);
  console.log("PAY", await client.pay(PayResultCode.SUCCESS));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callResultProgV1(host);
