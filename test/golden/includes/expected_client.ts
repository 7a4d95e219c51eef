// Sample written by tsrpcgen from input.x. It is yours to change.
import { DirProgV1Client } from "./input_clnt.js";
import { Kind } from "./types.js";

async function callDirProgV1(host: string): Promise<void> {
  await using client = await DirProgV1Client.connect(host);
  console.log("READ", await client.read(new Uint8Array(8), Kind.FILE_KIND));
  console.log("SHAPE", await client.shape({ x: 0, y: 0 }));
  console.log("KIND", await client.kind());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDirProgV1(host);
