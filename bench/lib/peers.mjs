// The packages that ours are measured beside: dependencies of bench/ alone, which no one else installs.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL("..", import.meta.url));

/** Installs them where they are missing or older than the lock file. Throws where that fails. */
export function installPeers() {
  const installed = join(bench, "node_modules/.package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(bench, "package-lock.json")).mtimeMs)
    return;
  // npm names itself to its scripts; another npm on the PATH may be older.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
  const [command, all] = npm?.endsWith(".js") ? [process.execPath, [npm, ...args]] : ["npm", args];
  const { status } = spawnSync(command, all, { cwd: bench, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error("npm ci failed in bench/");
}
