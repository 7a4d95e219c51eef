// Which files with the suffix `.x` are of the RPC language. Linker scripts, lexers of Alex, DirectX models, C headers for
// inclusion and others have the suffix, too.
import { Buffer } from "node:buffer";

const definitions = new Set(["typedef", "enum", "struct", "union", "const", "program", "namespace", "pragma"]);

/**
 * Why a file is not of the RPC language; undefined where it is. The rule: it is text; comments and the lines of `%` and `#`
 * put aside, its first word begins a definition of the RPC language; and it has no `) {` but that of a union's `switch`,
 * as C's functions have it.
 */
export function whyNotRpc(bytes) {
  if (bytes.includes(0)) return "it is binary";
  const code = Buffer.from(bytes)
    .toString("latin1")
    .replace(/\/\*[^]*?\*\/|\/\/.*|^[ \t]*#(?:.*\\\n)*.*|^%(?:.*\\\n)*.*/gm, " ");
  const first = /[^\s\ufeff;]\w*/.exec(code.replace(/^\u00ef\u00bb\u00bf/, ""))?.[0];
  if (first === undefined) return "it has no definition";
  if (!definitions.has(first)) return `it begins with '${first}'`;
  const body = /(\w+)\s*\([^()]*\)\s*\{/g;
  for (const [, word] of code.matchAll(body)) if (word !== "switch") return `'${word}(…) {' is a function of C`;
  return undefined;
}
