// Sample written by tsrpcgen from input.x. It is yours to change.
import { CommentProgV1Client } from "./expected_clnt.js";

async function callCommentProgV1(host: string): Promise<void> {
  await using client = await CommentProgV1Client.connect(host);
  console.log("F", await client.f(0));
  console.log("G", await client.g(0, 0));
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callCommentProgV1(host);
