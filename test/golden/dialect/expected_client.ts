// Sample written by tsrpcgen from input.x. It is yours to change.
import { DialectProgV1Client } from "./input_clnt.js";

async function callDialectProgV1(host: string): Promise<void> {
  await using client = await DialectProgV1Client.connect(host);
  console.log("NONE", await client.none());
  console.log("ONE", await client.one({ c: 97, letters: new Uint8Array(2) }));
  console.log("MANY", await client.many(0, null, "", ""));
  console.log(
    "NAMED",
    await client.named({
      a: 0,
      b: 0,
      c: 0,
      d: 0,
      e: 0n,
      f: 0n,
      g: 0,
      h: 0,
      i: 0,
      j: 0n,
      k: false,
      l: new Uint8Array(),
      m: new Uint8Array(8),
      n: 0n,
    }),
  );
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDialectProgV1(host);
