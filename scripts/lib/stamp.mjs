// A stamp is a hash over the files that a build step reads. Content, not times: a checkout or a touch changes times only.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.mjs";

/** Every file under a path relative to the root (or the path itself where it is a file), sorted, relative to the root. */
export function filesUnder(path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (statSync(absolute).isFile()) return [path];
  return readdirSync(absolute, { withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => filesUnder(`${path}/${name}`));
}

/**
 * @param {readonly string[]} files relative to the root
 * @param {readonly string[]} facts what else the step's result depends on
 */
export function stampOf(files, facts = []) {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const file of files) {
    const bytes = readFileSync(join(root, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** What a stamp file holds, or undefined where there is none. */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
