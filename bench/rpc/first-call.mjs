// A whole process: imports a client, connects, calls once, ends.   first-call.mjs ours|grpc PORT GENERATED
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [kind, port, generated] = process.argv.slice(2);
if (kind === "ours") {
  const { BenchProgV1Client } = await import(pathToFileURL(join(generated, "bench_clnt.js")).href);
  const client = await BenchProgV1Client.connect({ host: "127.0.0.1", transport: "tcp", port: Number(port) });
  await client.reflect(new Uint8Array(16));
  await client[Symbol.asyncDispose]();
} else {
  const { Buffer } = await import("node:buffer");
  const { default: grpc } = await import("@grpc/grpc-js");
  const { definition } = await import("./grpc-service.mjs");
  const Client = grpc.makeGenericClientConstructor(definition, "Bench");
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  await new Promise((resolve, reject) => {
    client.reflect(Buffer.alloc(16), (error, reply) => (error ? reject(error) : resolve(reply)));
  });
  client.close();
}
