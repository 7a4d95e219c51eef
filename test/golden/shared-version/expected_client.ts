// Sample written by tsrpcgen from input.x. It is yours to change.
import { DayProgV1Client, LeapProgV1Client, LeapProgV2Client, OtherProgV3Client } from "./input_clnt.js";

async function callDayProgV1(host: string): Promise<void> {
  await using client = await DayProgV1Client.connect(host);
  console.log("DAYS", await client.days(0));
}

async function callLeapProgV1(host: string): Promise<void> {
  await using client = await LeapProgV1Client.connect(host);
  console.log("LEAP", await client.leap(0));
}

async function callLeapProgV2(host: string): Promise<void> {
  await using client = await LeapProgV2Client.connect(host);
  console.log("LEAP", await client.leap(0));
}

async function callOtherProgV3(host: string): Promise<void> {
  await using client = await OtherProgV3Client.connect(host);
  console.log("OTHER", await client.other(0));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDayProgV1(host);
await callLeapProgV1(host);
await callLeapProgV2(host);
await callOtherProgV3(host);
