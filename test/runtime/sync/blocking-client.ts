/** A client whose calls block another thread than the test's, whose servers so go on. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Task, Outcome, ProcedureName, WorkerOptions } from "./blocking-worker.ts";

export class BlockingClient implements AsyncDisposable {
  readonly worker: Worker;

  /** @param env of the thread. Default: a copy of the process's */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.worker = new Worker(new URL("./blocking-worker.js", import.meta.url), { env });
  }

  /** Connects to the test's program, as the options say. The peer's address. */
  connect(to: Extract<Task, { do: "connect" }>["to"]): Promise<Outcome> {
    return this.#ask({ do: "connect", to });
  }

  call(procedure: ProcedureName, args?: unknown, options: WorkerOptions = {}, times = 1): Promise<Outcome> {
    return this.#ask({ do: "call", procedure, args, options, times });
  }

  send(procedure: ProcedureName, args?: unknown, options: WorkerOptions = {}, times = 1): Promise<Outcome> {
    return this.#ask({ do: "send", procedure, args, options, times });
  }

  async state(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#ask({ do: "state" })).result as Readonly<Record<string, unknown>>;
  }

  close(): Promise<Outcome> {
    return this.#ask({ do: "close" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }

  /** What the thread answers; one task at a time. */
  async #ask(task: Task): Promise<Outcome> {
    this.worker.postMessage(task);
    const [outcome] = (await once(this.worker, "message")) as [Outcome];
    return outcome;
  }
}
