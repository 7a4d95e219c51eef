/** Writes a set of files whole or not at all, as far as a file system can: each beside its target, then renamed. */
import { access, constants, mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { Failure, reason } from "./failure.ts";

export interface OutputFile {
  readonly path: string;
  readonly text: string;
}

/** Writes all files, and makes the folders that they need. */
export async function writeFiles(files: readonly OutputFile[]): Promise<void> {
  const pending: { temporary: string; target: string; path: string }[] = [];
  try {
    for (const { path, text } of files) {
      try {
        await makeFolder(dirname(path));
        const target = await writableTarget(path);
        const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
        pending.push({ temporary, target, path });
        await writeFile(temporary, text, { flag: "wx" });
      } catch (error) {
        throw error instanceof Failure ? error : new Failure(`can't write ${path}: ${reason(error)}`);
      }
    }
    for (const { temporary, target, path } of pending) {
      await rename(temporary, target).catch((error: unknown) => {
        throw new Failure(`can't write ${path}: ${reason(error)}`);
      });
    }
  } finally {
    // Renamed ones are gone already. Where one can't be removed, what went wrong before is what matters.
    await Promise.all(pending.map(({ temporary }) => rm(temporary, { force: true }).catch(() => undefined)));
  }
}

/** Not by mkdir's `recursive`: where a folder exists and none can be made in it (/proc), Node tries for ever. */
async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await exists(at)); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    await mkdir(folder).catch((error: unknown) => {
      // Another run may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

/** The file itself where the path is a link to it. A file that may not be written is not replaced either. */
async function writableTarget(path: string): Promise<string> {
  const existing = await stat(path).catch(() => undefined);
  if (existing === undefined) return path;
  if (!existing.isFile()) throw new Failure(`can't write ${path}: it is not a file`);
  await access(path, constants.W_OK);
  return realpath(path);
}

/** Whether anything is at the path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
