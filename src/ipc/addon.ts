/**
 * Finds and loads the native addon, at the first use. Each primitive declares the functions that it takes from it.
 * @module
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** `undefined`: not looked for yet. A string: why there is none. */
let loaded: object | string | undefined;

/** The addon, or the reason why there is none. */
export function findAddon(): object | string {
  return (loaded ??= load());
}

/**
 * The addon, of which the caller declares what it takes.
 * @throws an error with the code `TSRPC_NATIVE_MISSING` where it can't be loaded
 */
export function addon(): object {
  const found = findAddon();
  if (typeof found !== "string") return found;
  throw Object.assign(new Error(`tsrpcgen/ipc needs the native addon, which is not available (${found})`), {
    code: "TSRPC_NATIVE_MISSING",
  });
}

function load(): object | string {
  // For users whose platform loads it and should not, and for our own tests.
  if (process.env.TSRPC_NO_NATIVE === "1") return "TSRPC_NO_NATIVE=1 hides it";
  try {
    // For our own tests: another build of it, as that for the sanitizers.
    const path = process.env.TSRPC_NATIVE_PATH;
    if (path !== undefined) return lookedUpFast(createRequire(import.meta.url)(path) as object);
    const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
    const require = createRequire(import.meta.url);
    const nodeGypBuild = require("node-gyp-build") as (folder: string) => object;
    return lookedUpFast(nodeGypBuild(join(root, "native")));
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  }
}

/**
 * V8 keeps so many functions in a hash table, which each call would search. What is a prototype it lays out anew, and knows
 * where each function is.
 */
function lookedUpFast(functions: object): object {
  return Object.create(functions) as object;
}

/** The nearest folder above with a package.json: this module's depth differs between sources, dist and the packages. */
function packageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("no package.json above this module");
  return packageRoot(parent);
}
