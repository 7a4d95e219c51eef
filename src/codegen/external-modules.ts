/** Module specifiers that the user gives: relative ones are seen from one folder, wherever the module lands that imports. */
import { dirname, join, relative, resolve, sep } from "node:path";

/** `specifier`, which is right for a module in `folder`, for the module at `path`. A package's name stays what it is. */
export function specifierFrom(path: string, specifier: string, folder: string): string {
  const isRelative = /^\.\.?(?:\/|$)/.test(specifier);
  if (!isRelative || resolve(dirname(path)) === resolve(folder)) return specifier;
  const way = relative(dirname(path), join(folder, specifier)).split(sep).join("/");
  return /^\.\.(?:\/|$)/.test(way) ? way : `./${way}`;
}
