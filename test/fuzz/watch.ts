/** Runs a target in a thread of its own, so that neither an endless loop nor an exhausted heap ends the run without a word. */
import { URL } from "node:url";
import { Worker } from "node:worker_threads";
import type { FuzzRun } from "./harness.ts";

export interface WorkerOrder {
  /** The target's, as a file URL. */
  readonly module: string;
  readonly seed: number;
  readonly until: FuzzRun["until"];
  readonly slack?: number;
}

export type FromWorker =
  | { readonly kind: "attempt"; readonly seed: number; readonly input: string; readonly about: string }
  | { readonly kind: "end"; readonly iterations: number }
  | ({ readonly kind: "fault" } & Fault);

export interface Fault {
  readonly seed: number;
  /** As {@link showInput} has it; empty where it is not known. */
  readonly input: string;
  readonly about: string;
  readonly stack: string;
}

export interface WatchOptions {
  /** Milliseconds without an end of one input after which it counts as endless. Default 60 000. */
  readonly hangMs?: number;
  /** Megabytes of heap that a target may take. Default 1024. */
  readonly heapMB?: number;
}

/** Runs a target to its end or to its first fault. */
export function watch(order: WorkerOrder, options: WatchOptions = {}): Promise<{ iterations: number } | Fault> {
  const { hangMs = 60_000, heapMB = 1024 } = options;
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: order,
      // The stack that a main thread has: that of a worker is four times as large.
      resourceLimits: { maxOldGenerationSizeMb: heapMB, stackSizeMb: 1 },
    });
    let last = { seed: order.seed, input: "", about: "" };
    const end = (result: { iterations: number } | Fault): void => {
      clearTimeout(timer);
      void worker.terminate().then(() => {
        resolve(result);
      });
    };
    const timer = setTimeout(() => {
      end({ ...last, stack: `no end after ${hangMs} ms` });
    }, hangMs);
    worker.on("message", (message: FromWorker) => {
      timer.refresh();
      if (message.kind === "attempt") last = message;
      else end(message);
    });
    worker.on("error", (error) => {
      end({ ...last, stack: error.stack ?? error.message });
    });
  });
}
