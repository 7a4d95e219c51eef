/** `-o`: the folder of all outputs, or the file of the one that is asked for. */
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Command } from "commander";
import { Failure } from "./failure.ts";
import type { CliOptions } from "./options.ts";

const ALONE = "one output alone is asked for (-h, -c, -l, -m, -t, -S…, --emit)";

/** The names of modules: nobody calls a folder so. */
const MODULE_NAME = /\.[mc]?[jt]s$/;

/** The path that `-o` gives; undefined for none, and for `-`, which is standard output. Ends the command where it can't be one. */
export function outputPlace(path: string | undefined, isOne: boolean, command: Command): string | undefined {
  if (path === "") command.error("error: -o takes a path, and has an empty one");
  if (path !== "-") return path;
  if (!isOne) command.error(`error: -o - is standard output: it takes a folder, unless ${ALONE}`);
  return undefined;
}

/** Throws a Failure where what is on disk can't be the place of the outputs. To be called before anything is made. */
export async function refuseMisplaced({ output, single, emit }: CliOptions): Promise<void> {
  if (output === undefined) return;
  const path = output.replace(/(?<=.)\/+$/, "");
  const found = await kindOf(path);
  if (single !== undefined || emit !== undefined) {
    if (found === "folder" || path !== output) {
      throw new Failure(`-o ${output} is a folder: it takes a file where one output alone is asked for`);
    }
  } else if (found === "file") {
    throw new Failure(`-o ${output} is a file: it takes a folder, unless ${ALONE}`);
  } else if (found === undefined && path === output && MODULE_NAME.test(path)) {
    throw new Failure(`-o ${output} is the name of a file: it takes a folder, unless ${ALONE}`);
  }
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    const above = await kindOf(at);
    if (above === "file") throw new Failure(`-o ${output} can't be made: ${at} is a file, not a folder`);
    if (above === "folder") return;
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? "folder" : "file";
}
