// Sample written by tsrpcgen from input.x. It is yours to change.
import { AwkwardProgV1Client, ToV1Client } from "./input_clnt.js";

async function callAwkwardProgV1(host: string): Promise<void> {
  await using client = await AwkwardProgV1Client.connect(host);
  console.log("CONNECTION", await client.connection_());
  console.log("THEN", await client.then_());
  console.log("CONSTRUCTOR", await client.constructor_(0));
  console.log("close", await client.close());
  console.log("transport", await client.transport());
  console.log("connect", await client.connect());
  console.log("delete", await client.delete(0));
  console.log("__proto__", await client.proto());
  console.log("toString", await client.toString_());
  console.log("call", await client.call());
  console.log("new", await client.new(0, 0));
  console.log("get", await client.get(0));
  console.log("static", await client.static(0));
  console.log("private", await client.private());
  console.log("async", await client.async());
  console.log("GET_ATTR", await client.GET_ATTR());
  console.log("getAttr", await client.getAttr());
  console.log("name", await client.name());
  console.log("prototype", await client.prototype());
  console.log("catch", await client.catch());
  console.log("arg", await client.arg(0));
  console.log("ctx", await client.ctx(0));
}

async function callToV1(host: string): Promise<void> {
  await using client = await ToV1Client.connect(host);
  console.log("handlers", await client.handlers());
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callAwkwardProgV1(host);
await callToV1(host);
