/** The targets that there are. */
import { readdirSync } from "node:fs";
import { URL } from "node:url";
import type { FuzzTarget } from "./harness.ts";

const folder = new URL("./targets/", import.meta.url);

/** The module of each target, as a file URL, by the target's name. */
export const targetModules: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .sort()
    .map((file) => [file.replace(/\.js$/, ""), new URL(file, folder).href]),
);

/** Loads a target from its module. */
export async function loadTarget(module: string): Promise<FuzzTarget> {
  const { default: target } = (await import(module)) as { default: FuzzTarget };
  return target;
}
