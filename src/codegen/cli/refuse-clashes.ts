import { realpath } from "node:fs/promises";
import { identifyOnDisk } from "../source-reader.ts";
import { Failure } from "./failure.ts";

/** What is to be written, and what it comes from. */
interface Output {
  readonly path: string;
  readonly source: string;
}

/** No output may be an input, or another input's output. Throws a Failure, with `wayOut` for two files of one name. */
export async function refuseClashes(files: readonly Output[], inputs: readonly string[], wayOut = ""): Promise<void> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => identifyOnDisk(path));
  const read = new Set(await Promise.all(inputs.map(real)));
  const sources = new Map<string, string>();
  for (const file of files) {
    const path = await real(file.path);
    if (read.has(path)) throw new Failure(`${file.path} is an input: it would be overwritten`);
    const other = sources.get(path);
    if (other !== undefined) throw new Failure(`${other} and ${file.source} would both give ${file.path}${wayOut}`);
    sources.set(path, file.source);
  }
}
