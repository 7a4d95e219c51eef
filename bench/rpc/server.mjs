// Our server, with its defaults, of the generated skeleton. Prints the ports of tcp and udp.   server.mjs PATH GENERATED
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { RpcServer } from "../../dist/src/runtime/index.js";

const [path, generated] = process.argv.slice(2);
const { benchProgV1Service } = await import(pathToFileURL(join(generated, "bench_svc.js")).href);
let given = new Uint8Array(0);

// More connections than by default, for the growth of their number.
const server = new RpcServer({ maxConnections: 16_384 }).add(
  benchProgV1Service({
    nothing: () => undefined,
    reflect: (bytes) => bytes,
    give: (size) => (given = given.length === size ? given : new Uint8Array(size)),
  }),
);
if (process.env.BENCH_X) process.on("SIGUSR2", () => process.exit(0));
const bound = await server.listen({ host: "127.0.0.1", portmap: "off", local: { path } });
for (const netid of ["tcp", "udp"]) console.log(bound.find((each) => each.netid === netid).port);
