/**
 * Scripts that use tsrpcgen/ipc in a process or a worker thread of their own.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Worker } from "node:worker_threads";

/** What a script imports. */
export const ipcUrl: string = new URL("../../src/ipc/index.js", import.meta.url).href;

const prologue = (url: string): string => `const ipc = await import(${JSON.stringify(url)});\n`;

export interface ScriptResult {
  /** The exit code, or the signal that ended it. */
  end: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a script of ECMAScript, in which `ipc` is the module, in a Node process of its own with `gc()`.
 */
export async function runScript(source: string): Promise<ScriptResult> {
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "--eval", prologue(ipcUrl) + source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { end: signal ?? code, stdout, stderr };
}

/**
 * Starts a worker thread with a script, in which `ipc` is the module, `parentPort` and `workerData` those of the thread.
 */
export function startWorker(source: string, workerData: unknown): Worker {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    (async () => {
      ${prologue(ipcUrl)}
      ${source}
    })();`;
  return new Worker(code, { eval: true, workerData });
}
