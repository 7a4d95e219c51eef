// Sample written by tsrpcgen from input.x. It is yours to change.
import { PeerProgV1Client } from "./input_clnt.js";

async function callPeerProgV1(host: string): Promise<void> {
  await using client = await PeerProgV1Client.connect(host);
  console.log("SEEN", await client.seen(undefined as never));
  console.log("LIST", await client.list(null, []));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callPeerProgV1(host);
