import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./golden.ts";

const cache = join(root, "node_modules/.cache");
const installed = join(cache, "node-24");
const FETCH_TIMEOUT_MS = 180_000;

/**
 * The path of a Node 24: this one, or the npm package `node@24`'s, fetched once and kept in `node_modules/.cache`.
 * Rejects where npm cannot fetch it.
 *
 * It is no devDependency: it takes 190 MB, and its `node` would come first on the PATH of every npm script, which would
 * then run on another Node than the user's, without a word.
 */
export async function node24(): Promise<string> {
  if (process.versions.node.startsWith("24.")) return process.execPath;
  const program = join(installed, "node_modules/node/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "node-24-"));
  try {
    writeFileSync(join(scratch, "package.json"), JSON.stringify({ allowScripts: { node: true } }));
    // Its script, which fetches the program, is to run also where a configuration, or a later npm, lets none run.
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts=false"];
    await promisify(execFile)("npm", ["install", "--prefix", scratch, ...flags, "node@24"], {
      cwd: scratch,
      timeout: FETCH_TIMEOUT_MS,
    });
    rmSync(installed, { recursive: true, force: true });
    renameSync(scratch, installed);
    return program;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
