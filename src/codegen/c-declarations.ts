/** What `%` lines declare to the C compiler: found by their looks, and only to say where. */
import type * as ast from "./ast.ts";

/** Characters of a line that is looked at: patterns take time on longer ones, which no one writes. */
const MAX_LINE = 1000;

/** Lines by the words in them, so that each name is looked for in few of them. */
export function indexWords(lines: readonly ast.PassthroughNode[]): ReadonlyMap<string, readonly ast.PassthroughNode[]> {
  const index = new Map<string, ast.PassthroughNode[]>();
  for (const line of lines) {
    if (line.text.length > MAX_LINE) continue;
    for (const word of new Set(line.text.match(/[A-Za-z_]\w*/g))) {
      const known = index.get(word);
      if (known) known.push(line);
      else index.set(word, [line]);
    }
  }
  return index;
}

/** Matches a line that declares a type of this name. */
export function cDeclarationOf(name: string): RegExp {
  const ways = [
    `^\\s*#\\s*define\\s+${name}\\b`,
    `\\b(?:class|enum|struct|union)\\s+${name}\\b`,
    // Its name is the last word, before the bounds of an array; or stands behind the body's end.
    `\\btypedef\\b.*\\b${name}\\s*(?:\\[.*\\]\\s*)?[;,)]`,
    `^\\s*\\}[\\s*]*${name}\\b`,
    `\\busing\\s+${name}\\s*=`,
  ];
  return new RegExp(ways.join("|"));
}
