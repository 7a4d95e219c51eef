/** Where `#include` looks, and what it finds. */
import { dirname, extname, isAbsolute } from "node:path";

/** An operand of `#include`. */
export interface IncludeName {
  readonly path: string;
  /** `"…"`: looked for beside the file that includes it first. */
  readonly isQuoted: boolean;
}

/** `"…"` or `<…>`; undefined for anything else. */
export function parseIncludeName(text: string): IncludeName | undefined {
  const [, quoted, angled] = /^\s*(?:"([^"\r\n]+)"|<([^>\r\n]+)>)/.exec(text) ?? [];
  const path = quoted ?? angled;
  return path === undefined ? undefined : { path, isQuoted: quoted !== undefined };
}

/** That of a line for C's preprocessor, be it behind a `%`; undefined where it includes nothing. */
export function includeOperand(line: string): IncludeName | undefined {
  const operand = /^%?\s*#\s*include\b(.*)/.exec(line)?.[1];
  return operand === undefined ? undefined : parseIncludeName(operand);
}

const HEADER = /^\.(?:h|hh|hpp|hxx)$/i;

/** A file for the C compiler: it holds no RPC language, and is not read. */
export function isHeader({ path }: IncludeName): boolean {
  return HEADER.test(extname(path));
}

/** Paths at which the named file may lie, the likeliest first. */
export function candidates(name: IncludeName, includer: string, folders: readonly string[]): string[] {
  if (isAbsolute(name.path)) return [name.path];
  const beside = name.isQuoted ? [dirname(includer)] : [];
  return [...beside, ...folders].map((folder) => within(folder, name.path));
}

/**
 * Paths of the `.x` file from which a header may be generated: `%#include "prot/types.h"` is how people name the types
 * of `types.x`, since rpcgen does not ask where a type comes from.
 */
export function twinCandidates(name: IncludeName, includer: string, folders: readonly string[]): string[] {
  const path = name.path.slice(0, -extname(name.path).length) + ".x";
  const plain = path.slice(path.lastIndexOf("/") + 1);
  const all = [dirname(includer), ...folders].flatMap((folder) => [within(folder, path), within(folder, plain)]);
  return [...new Set(isAbsolute(path) ? [path] : all)];
}

/** Not by join(), which takes `link/..` for nothing: the system follows the link first. */
function within(folder: string, path: string): string {
  return folder === "." ? path : `${folder}/${path}`;
}
