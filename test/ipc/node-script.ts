import { execFile, spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { Worker } from "node:worker_threads";
import { promisify } from "node:util";

/** What a script imports the primitives from. */
const ipcUrl: string = new URL("../../src/ipc/index.js", import.meta.url).href;

/** A script sees the primitives as `ipc`. Modules may be awaited at its top level. */
function moduleOf(source: string): string {
  return `import * as ipc from ${JSON.stringify(ipcUrl)};\n${source}`;
}

/** Runs a script in a Node of its own, with `gc()`. @returns what it printed */
export async function runScript(source: string, node: string = process.execPath): Promise<string> {
  const { stdout } = await promisify(execFile)(
    node,
    ["--expose-gc", "--input-type=module", "--eval", moduleOf(source)],
    { timeout: 30_000 },
  );
  return stdout.trim();
}

/** Starts a script in a Node of its own. */
export function startScript(source: string, stdio: StdioOptions): ChildProcess {
  return spawn(process.execPath, ["--expose-gc", "--input-type=module", "--eval", moduleOf(source)], { stdio });
}

/** Starts a script in a worker thread. It has `parentPort` and `workerData`. */
export function startWorker(source: string, workerData?: unknown): Worker {
  const imports = 'import { parentPort, workerData } from "node:worker_threads";\n';
  const url = new URL(`data:text/javascript,${encodeURIComponent(imports + moduleOf(source))}`);
  return new Worker(url, { workerData });
}
