// Running other programs, for the scripts of this folder. Plain JavaScript on node: modules, because set-up runs before
// anything is installed.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ capture?: boolean } & import("node:child_process").SpawnOptions} [options] capture: collect standard
 *   output and standard error in one string rather than showing them
 * @returns {Promise<{ code: number, output: string }>} code is 127 where the program could not be started, and
 *   128 where a signal ended it, as in a shell
 */
export function run(command, args, { capture = false, ...options } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit",
      ...options,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (output += text));
    child.once("error", (error) => done({ code: 127, output: `${output}${error.message}\n` }));
    child.once("close", (code) => done({ code: code ?? 128, output }));
  });
}

/** The path of a program's JavaScript file under node_modules, to be run by this very Node. */
export function moduleBin(path) {
  return join(root, "node_modules", path);
}

/** Whether a program is on the PATH. */
export function onPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Where Node's own headers lie, if they lie beside its prefix. Without it node-gyp downloads them, which fails on a
 * closed network.
 */
export function nodeDir() {
  const prefix = resolve(dirname(process.execPath), "..");
  return existsSync(join(prefix, "include/node/node_api.h")) ? prefix : undefined;
}
