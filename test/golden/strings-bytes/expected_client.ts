// Sample written by tsrpcgen from input.x. It is yours to change.
import { TextProgV1Client } from "./input_clnt.js";

async function callTextProgV1(host: string): Promise<void> {
  await using client = await TextProgV1Client.connect(host);
  console.log("ECHO", await client.echo(new globalThis.Uint8Array()));
  console.log("CLIP", await client.clip(new globalThis.Uint8Array()));
  console.log("RENAME", await client.rename(new globalThis.Uint8Array(), new globalThis.Uint8Array(), 0));
  console.log("ALL", await client.all({ ok: true, text: new globalThis.Uint8Array() }));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callTextProgV1(host);
