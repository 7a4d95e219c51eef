import { readdirSync } from "node:fs";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { whyNoAddon } from "../native/addon.ts";
import { whyNoPeer } from "./c-peer.ts";
import { skipFor } from "./skip.ts";

/** Descriptors of this process that are open. */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** Skips a suite where it can't run: it needs the addon, and gcc and /proc of Linux. */
export function skipUnlessIpc(this: Mocha.Context): void {
  skipFor(this, whyNoAddon() ?? whyNoPeer() ?? (process.platform === "linux" ? undefined : "written for Linux"));
}

/** Where a program run by {@link runModule} finds the primitives. */
export const ipcUrl: string = new URL("../../src/ipc/index.js", import.meta.url).href;

/** Runs a module in a Node.js of its own; `ipc` is tsrpcgen/ipc there. @returns what it wrote to standard output */
export async function runModule(
  source: string,
  { flags = [], shell }: { flags?: string[]; shell?: string } = {},
): Promise<string> {
  const module = `import * as ipc from ${JSON.stringify(ipcUrl)};\nimport { readdirSync } from "node:fs";\n${source}`;
  const args = [...flags, "--input-type=module", "-e", module];
  const run = promisify(execFile);
  const options = { timeout: 9_000, killSignal: "SIGKILL" } as const;
  const { stdout } =
    shell === undefined
      ? await run(process.execPath, args, options)
      : await run("/bin/sh", ["-c", `${shell}; exec "$@"`, "sh", process.execPath, ...args], options);
  return stdout.trim();
}

/** A data: URL of such a module, for a worker thread. */
export function moduleUrl(source: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import * as ipc from ${JSON.stringify(ipcUrl)};\n${source}`)}`,
  );
}
