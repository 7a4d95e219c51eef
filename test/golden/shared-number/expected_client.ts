// Sample written by tsrpcgen from input.x. It is yours to change.
import { Store3ProgramV3Client, StoreProgramV2Client } from "./input_clnt.js";

async function callStoreProgramV2(host: string): Promise<void> {
  await using client = await StoreProgramV2Client.connect(host);
  console.log("STORE2_NULL", await client.store2Null());
  console.log("STORE2_SIZE", await client.store2Size());
}

async function callStore3ProgramV3(host: string): Promise<void> {
  await using client = await Store3ProgramV3Client.connect(host);
  console.log("STORE3_NULL", await client.store3Null());
  console.log("STORE3_SIZE", await client.store3Size());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callStoreProgramV2(host);
await callStore3ProgramV3(host);
