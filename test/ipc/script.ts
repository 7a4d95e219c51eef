/**
 * Pieces of JavaScript that run elsewhere: in a process of their own, which may die, or in a worker thread.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a script imports. */
export const ipcUrl: string = new URL("../../src/ipc/index.js", import.meta.url).href;

const preamble = `const ipc = await import(${JSON.stringify(ipcUrl)});`;

/** How a process ended. */
export interface ScriptEnd {
  /** The signal that ended it, else the exit code. */
  end: number | NodeJS.Signals | null;
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs a module in a process of its own, with `ipc` (tsrpcgen/ipc) and `gc()`, which also lets finalizers run. */
export async function runScript(source: string, env: NodeJS.ProcessEnv = {}): Promise<ScriptEnd> {
  const gc =
    "const gc = async () => { for (let i = 0; i < 4; i += 1) { globalThis.gc(); await new Promise(setImmediate); } };";
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "-e", preamble + gc + source], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { end: signal ?? code, code, signal, stdout, stderr };
}

/** Runs a function's body in a worker thread, with `ipc` and `data`. @returns what it returned */
export async function runInWorker(body: string, data?: unknown): Promise<unknown> {
  const source = `const { parentPort, workerData: data } = require("node:worker_threads");
    (async () => { ${preamble} parentPort.postMessage(await (async () => { ${body} })()); })();`;
  const worker = new Worker(source, { eval: true, workerData: data });
  const ended = once(worker, "exit");
  const [result] = (await once(worker, "message")) as [unknown];
  await ended;
  return result;
}

/** Starts a worker thread that runs a function's body, with `ipc`, `parentPort` and `workerData`. */
export function startWorker(body: string, workerData: unknown): Worker {
  const source = `const { parentPort, workerData } = require("node:worker_threads");
    (async () => { ${preamble} ${body} })();`;
  return new Worker(source, { eval: true, workerData });
}
