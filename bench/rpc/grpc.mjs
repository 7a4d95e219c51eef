// gRPC by @grpc/grpc-js: the same calls, of bytes that are not even encoded.
//
//   grpc.mjs server                                       prints the port
//   grpc.mjs client PORT CONNECTIONS OUTSTANDING SIZE SECONDS   prints JSON
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import { drive } from "./drive.mjs";

const bytesMethod = (name) => ({
  path: `/bench.Bench/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes) => bytes,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
});
const definition = { reflect: bytesMethod("Reflect") };

const [role, ...args] = process.argv.slice(2);
if (role === "server") {
  const server = new grpc.Server();
  server.addService(definition, { reflect: ({ request }, answer) => answer(null, request) });
  const bind = promisify(server.bindAsync.bind(server));
  console.log(await bind("127.0.0.1:0", grpc.ServerCredentials.createInsecure()));
} else {
  const [port, connections, outstanding, size, seconds] = args.map(Number);
  const Client = grpc.makeGenericClientConstructor(definition, "Bench");
  const clients = Array.from(
    { length: connections },
    (_, index) => new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { "bench.connection": index }),
  );
  const bytes = Buffer.alloc(size);
  const calls = clients.map((client) => {
    const reflect = promisify(client.reflect.bind(client));
    return () => reflect(bytes);
  });
  console.log(JSON.stringify(await drive(calls, outstanding, seconds)));
  for (const client of clients) client.close();
}
