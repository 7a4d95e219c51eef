/** Reads the file of `--externals`. */
import { readFile } from "node:fs/promises";
import { type Externals, parseExternals } from "../externals.ts";
import { Failure, reason } from "./failure.ts";

export async function readExternals(path: string): Promise<Externals> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Failure(`can't read ${path}: ${reason(error)}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Failure(`${path} is not JSON: ${reason(error)}`);
  }
  const externals = parseExternals(json);
  if (typeof externals === "string") throw new Failure(`${path}: ${externals}`);
  return externals;
}
