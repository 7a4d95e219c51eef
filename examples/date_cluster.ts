// Serves DATE_PROG by two processes at the same addresses: the primary registers and replaces its workers, which serve.
// SIGHUP replaces one worker after the other; SIGINT and SIGTERM end it.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { type BoundAddress, RpcServer, registerServices } from "tsrpcgen/runtime";
import { dateProgV1Service } from "./date_svc.ts";

const service = dateProgV1Service({
  binDate: () => Math.floor(Date.now() / 1000),
  strDate: (time) => new Date(time * 1000).toString(),
});

async function start(): Promise<{ worker: Worker; bound: BoundAddress[] }> {
  const worker = cluster.fork();
  const [bound] = (await once(worker, "message")) as [BoundAddress[]];
  return { worker, bound };
}

async function end(worker: Worker): Promise<void> {
  const exit = once(worker, "exit");
  worker.send("close");
  await exit;
}

async function primary(): Promise<void> {
  // Ctrl-C goes to the workers too; they leave the end to the primary.
  const ended = new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  const first = await start();
  let workers = [first.worker, (await start()).worker];
  const registration = await registerServices([service], first.bound);
  for (const { netid, address } of first.bound) console.log(`date cluster: listening on ${netid} ${address}`);
  console.log("date cluster: ready");
  let replacing = Promise.resolve();
  const replace = async (): Promise<void> => {
    for (const old of workers) {
      const { worker } = await start(); // first the new one, so that there is never one too few
      workers = [...workers.filter((each) => each !== old), worker];
      await end(old);
    }
    console.log("date cluster: replaced");
  };
  process.on("SIGHUP", () => {
    replacing = replacing.then(replace);
  });
  await ended;
  await replacing;
  await registration.remove();
  await Promise.all(workers.map(end));
}

async function serve(): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  const server = new RpcServer({ drainTimeoutMs: 5000 }).add(service);
  process.once("message", () => {
    // Not process.exit: a connection that the primary is handing over at this moment would be lost.
    void server.close().then(() => cluster.worker?.disconnect());
  });
  process.send?.(await server.listen());
}

await (cluster.isPrimary ? primary() : serve());
