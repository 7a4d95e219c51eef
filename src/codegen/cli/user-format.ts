/** The user's own prettier configuration. Prettier is loaded only where there may be one. */
import { readFile, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Options } from "prettier";
import { Failure, reason } from "./failure.ts";

/** What prettier reads options from; the names of its own files go on in many ways. */
const CONFIGURATION = /^(\.prettierrc(\..+)?|prettier\.config\..+|\.editorconfig)$/;

/** Of packages, with a member `prettier`. */
const PACKAGE = /^package\.(json|yaml)$/;

/** Options for an output, or none. Throws a `Failure` where prettier can't use them. */
export async function userFormat(path: string): Promise<Options> {
  if (!(await mayBeConfigured(dirname(resolve(path))))) return {};
  const { format, resolveConfig } = await import("prettier");
  try {
    const config = (await resolveConfig(resolve(path), { editorconfig: true })) ?? {};
    // Options and plugins are looked at only when something is formatted: a fault in them is the user's to mend.
    if (Object.keys(config).length > 0) await format("let tried: number;", { ...config, filepath: "tried.ts" });
    return config;
  } catch (error) {
    throw new Failure(`can't use the prettier configuration for ${path}: ${reason(error)}`);
  }
}

/** Whether this folder or one above it holds what prettier might read. What can't be read, prettier is to complain of. */
async function mayBeConfigured(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    const names = await readdir(at).catch(() => []);
    for (const name of names) {
      if (CONFIGURATION.test(name)) return true;
      if (PACKAGE.test(name) && (await namesPrettier(join(at, name)))) return true;
    }
    if (at === dirname(at)) return false;
  }
}

function namesPrettier(file: string): Promise<boolean> {
  return readFile(file, "utf8").then(
    (text) => text.includes("prettier"),
    () => true,
  );
}
