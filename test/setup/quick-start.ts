import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.ts";

/**
 * The files of the README's quick start: its fenced blocks whose info string names a file, as ```` ```ts file=server.ts ````.
 * @returns text by file name
 */
export function quickStartFiles(): Map<string, string> {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = readme.matchAll(/^```\w* file=(\S+)\n([^]*?)^```$/gm);
  const files = new Map(Array.from(blocks, ([, name = "", text = ""]) => [name, text]));
  for (const name of ["tsconfig.json", "server.ts", "client.ts"]) {
    assert(files.has(name), `the README has no block \`\`\`… file=${name}`);
  }
  return files;
}
