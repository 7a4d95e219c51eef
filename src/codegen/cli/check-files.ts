/** `--check`: whether the files on disk are what would be written. */
import { readFile } from "node:fs/promises";
import { Failure, reason } from "./failure.ts";
import type { OutputFile } from "./write-files.ts";

/** Beyond this number of different lines a file is shown as all other: to find what is common takes time by the square. */
const MAX_EDIT_LENGTH = 2000;

/** A unified diff from each file to what it is to be, "" where all are that. */
export async function diffWithDisk(files: readonly OutputFile[]): Promise<string> {
  let text = "";
  for (const file of files) {
    const onDisk = await read(file.path);
    if (onDisk !== file.text) text += await diff(file, onDisk);
  }
  return text;
}

/** Those that are not on disk as they are to be. */
export async function unequal(files: readonly OutputFile[]): Promise<OutputFile[]> {
  const onDisk = await Promise.all(files.map(({ path }) => read(path)));
  return files.filter(({ text }, at) => onDisk[at] !== text);
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure(`can't read ${path}: ${reason(error)}`);
  });
}

/** A file that is missing is all new: `patch -p0` takes the diff, and makes it. */
async function diff({ path, text }: OutputFile, onDisk: string | undefined): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  const from = onDisk === undefined ? "/dev/null" : path;
  const made = createTwoFilesPatch(from, path, onDisk ?? "", text, undefined, undefined, {
    headerOptions: FILE_HEADERS_ONLY,
    maxEditLength: MAX_EDIT_LENGTH,
  });
  return made ?? `--- ${from}\n+++ ${path}\n${replacement(onDisk ?? "", text)}`;
}

/** A hunk that takes all lines of one text away, and adds all of the other. */
function replacement(from: string, to: string): string {
  const marked = (text: string, mark: string): { lines: string; count: number } => {
    const lines = text.split("\n");
    const isWhole = lines.at(-1) === "";
    if (isWhole) lines.pop();
    const end = isWhole ? "" : "\\ No newline at end of file\n";
    return { lines: lines.map((line) => `${mark}${line}\n`).join("") + end, count: lines.length };
  };
  const [old, now] = [marked(from, "-"), marked(to, "+")];
  // Of no lines, the first is said to be line 0.
  const range = (count: number): string => `${count === 0 ? 0 : 1},${count}`;
  return `@@ -${range(old.count)} +${range(now.count)} @@\n${old.lines}${now.lines}`;
}
