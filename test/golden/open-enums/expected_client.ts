// Sample written by tsrpcgen from input.x. It is yours to change.
import { Color, Nfsstat } from "./input.js";
import { ColorProgV1Client } from "./input_clnt.js";

async function callColorProgV1(host: string): Promise<void> {
  await using client = await ColorProgV1Client.connect(host);
  console.log("MIX", await client.mix(Color.RED, Color.RED));
  console.log("READ", await client.read(Nfsstat.NFS_OK));
  console.log("END", await client.end({ c: Color.RED, r: 0 }));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callColorProgV1(host);
