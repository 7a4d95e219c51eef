// Our server in several processes, by node:cluster. Prints the port of tcp, and an empty line.   cluster.mjs WORKERS GENERATED
import cluster from "node:cluster";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { RpcServer } from "../../dist/src/runtime/index.js";

const [workers, generated] = process.argv.slice(2);

if (cluster.isPrimary) {
  const ports = await Promise.all(
    Array.from({ length: Number(workers) }, () => new Promise((resolve) => cluster.fork().once("message", resolve))),
  );
  console.log(`${ports[0]}\n`);
} else {
  const { benchProgV1Service } = await import(pathToFileURL(join(generated, "bench_svc.js")).href);
  const server = new RpcServer({ maxConnections: 16_384 }).add(benchProgV1Service({ nothing: () => undefined }));
  const [{ port }] = await server.listen({ host: "127.0.0.1", portmap: "off", udp: false, local: false });
  process.send(port);
  process.once("disconnect", () => process.exit());
}
