// A bench's table within a page of docs/.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const prettier = fileURLToPath(new URL("../../node_modules/prettier/bin/prettier.cjs", import.meta.url));

/**
 * Puts `content` between `<!-- NAME -->` and `<!-- /NAME -->`.
 * @returns false where the page or its marks are not there
 */
export function writeInto(page, name, content) {
  if (!existsSync(page)) return false;
  const [beginMark, endMark] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const before = readFileSync(page, "utf8");
  const [begin, end] = [before.indexOf(beginMark), before.indexOf(endMark)];
  if (begin < 0 || end < begin) return false;
  writeFileSync(page, `${before.slice(0, begin + beginMark.length)}\n\n${content}\n\n${before.slice(end)}`);
  // As lint wants it: a table's columns in line.
  execFileSync(process.execPath, [prettier, "--write", "--log-level", "warn", page], { stdio: "inherit" });
  return true;
}
