// The packages of bench/package.json, installed where they are missing or older than the lock file.
import { existsSync, readFileSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL("..", import.meta.url));

export function installPeers() {
  const [installed, locked] = [join(bench, "node_modules/.package-lock.json"), join(bench, "package-lock.json")];
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return;
  // Without scripts: none of the peers needs its own.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  execFileSync(command, [...first, ...args], { cwd: bench, stdio: ["ignore", "ignore", "inherit"] });
}

/** Of an installed peer. */
export function peerVersion(name) {
  return JSON.parse(readFileSync(join(bench, "node_modules", name, "package.json"), "utf8")).version;
}
