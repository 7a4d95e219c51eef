/** A worker of cluster.test.ts: does what the primary says. RUN answers with the process id, after so many milliseconds. */
import cluster from "node:cluster";
import { setTimeout as delay } from "node:timers/promises";
import { type ListenOptions, RpcError, RpcServer } from "../../src/runtime/index.ts";
import { testService } from "./support.ts";

/** What the primary says. */
export type Order = { readonly listen: ListenOptions } | "close";

let calls = 0;
const server = new RpcServer({ drainTimeoutMs: 5000 }).add(
  testService(async (ms) => {
    calls++;
    if (ms > 0) await delay(ms);
    return process.pid;
  }),
);

async function obey(order: Order): Promise<unknown> {
  if (order === "close") {
    await server.close();
    return { calls };
  }
  try {
    return { bound: await server.listen(order.listen) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { failed: { code: error.code, message: error.message } };
  }
}

process.on("message", (order: Order) => {
  void obey(order).then((answer) => {
    process.send?.(answer, undefined, {}, () => {
      // Not process.disconnect: a connection that the primary is handing over at this moment would be lost.
      if (order === "close") cluster.worker?.disconnect();
    });
  });
});

// What is sent before a module has its listener is lost.
process.send?.("ready");
