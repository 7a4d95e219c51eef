// Sample written by tsrpcgen from input.x. It is yours to change.
import { SampleProgV1Client } from "./input_clnt.js";

async function callSampleProgV1(host: string): Promise<void> {
  await using client = await SampleProgV1Client.connect(host);
  console.log("SCALE", await client.scale(new Float64Array(), 0));
  console.log("SORT", await client.sort(new globalThis.Int32Array()));
  console.log("ALL", await client.all({ kind: 0, raw: new globalThis.Int32Array() }));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callSampleProgV1(host);
