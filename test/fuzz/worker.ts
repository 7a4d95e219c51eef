/** A thread that runs one target: whoever started it can end it when it hangs. */
import { parentPort, workerData } from "node:worker_threads";
import { FuzzFault, runTarget, showInput } from "./harness.ts";
import type { FromWorker, WorkerOrder } from "./watch.ts";
import { loadTarget } from "./list.ts";

const { module, seed, until, slack } = workerData as WorkerOrder;
const tell = (message: FromWorker): void => parentPort?.postMessage(message);

try {
  const iterations = await runTarget(await loadTarget(module), {
    seed,
    until,
    ...(slack !== undefined && { slack }),
    onAttempt: (at, input, about) => {
      tell({ kind: "attempt", seed: at, input: showInput(input), about });
    },
  });
  tell({ kind: "end", iterations });
} catch (error) {
  if (error instanceof FuzzFault) {
    const { cause } = error;
    const stack = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    tell({ kind: "fault", seed: error.seed, input: showInput(error.input), about: error.about, stack });
  } else {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: "fault", seed, input: "", about: "the target itself failed", stack });
  }
}
