import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "./failure.ts";

/** What is to be written, and what it comes from. */
interface Output {
  readonly path: string;
  readonly source: string;
}

/** No output may be an input, or another input's output. Throws a Failure. */
export async function refuseClashes(files: readonly Output[], inputs: readonly string[]): Promise<void> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const read = new Set(await Promise.all(inputs.map(real)));
  const sources = new Map<string, string>();
  for (const file of files) {
    const path = await real(file.path);
    if (read.has(path)) throw new Failure(`${file.path} is an input: it would be overwritten`);
    const other = sources.get(path);
    if (other !== undefined) throw new Failure(`${other} and ${file.source} would both give ${file.path}`);
    sources.set(path, file.source);
  }
}
