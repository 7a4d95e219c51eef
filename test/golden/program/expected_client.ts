// Sample written by tsrpcgen from input.x. It is yours to change.
import { Color } from "./expected.js";
import { OtherProgV1Client, ShowProgV1Client, ShowProgV2Client } from "./expected_clnt.js";

async function callShowProgV1(host: string): Promise<void> {
  await using client = await ShowProgV1Client.connect(host);
  console.log("NULL", await client.null());
  console.log("ADD", await client.add(0, 0));
  console.log("ECHO", await client.echo(""));
  console.log("SWAP", await client.swap({ a: 0, b: 0 }));
}

async function callShowProgV2(host: string): Promise<void> {
  await using client = await ShowProgV2Client.connect(host);
  console.log("NULL", await client.null());
  console.log("ADD", await client.add(0, 0, 0));
  console.log("FIND", await client.find("", Color.RED, 0n));
  console.log("WALK", await client.walk(null));
  console.log("SORT", await client.sort([]));
  console.log("PICK", await client.pick(false, Color.RED));
  console.log("MEAN", await client.mean([]));
  console.log("NAME", await client.name(""));
  console.log(
    "DEEPEN",
    await client.deepen({
      flags: Array.from({ length: 6 }, () => ({ ok: true, x: 0 })),
      colors: [Color.RED, Color.RED],
      first: null,
    }),
  );
  console.log("QUAD", await client.quad(new Uint8Array(16), 0));
  console.log("PUT", await client.put(""));
}

async function callOtherProgV1(host: string): Promise<void> {
  await using client = await OtherProgV1Client.connect(host);
  console.log("COUNT", await client.count());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callShowProgV1(host);
await callShowProgV2(host);
await callOtherProgV1(host);
