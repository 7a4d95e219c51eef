import { addon } from "./addon.ts";

interface KeyFunctions {
  ftok(path: string, project: number): number;
}

/**
 * A key for System V objects, made of a file's inode and device (ftok(3)). Only sixteen bits of the one and eight of the
 * other are in it, so two files may have the same; and whoever may see the file can make it too.
 * @param path a file or folder that exists, and that nobody makes anew meanwhile
 * @param project from 1 to 255: which of the file's keys
 * @throws `ENOENT`, `EACCES` and the others of stat(2)
 */
export function ftok(path: string, project: number): number {
  // Only its lowest eight bits count in C, and are not to be 0 there.
  if (!Number.isInteger(project) || project < 1 || project > 255) {
    throw new RangeError(`project must be an integer from 1 to 255, not ${String(project)}`);
  }
  return (addon() as KeyFunctions).ftok(path, project);
}
