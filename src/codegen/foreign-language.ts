/** Lines of other languages that are kept in `.x` and `.xg` files, where they are mistakes. */

const RXGEN = "this is the language of OpenAFS' rxgen, another one";
const M4 = "this is for m4: run it first, and give what it makes to tsrpcgen";

/** By what a line has of a language that the RPC language never has. */
const languages: readonly (readonly [line: RegExp, hint: string])[] = [
  [/^\s*(?:package|prefix|statindex)\s+\w+\s*;?\s*$/, RXGEN],
  [/[(,]\s*(?:IN|OUT|INOUT)\s+\w/, RXGEN],
  [/\)\s*(?:split|multi)\b/, RXGEN],
  [/^\s*(?:include|sinclude|define|undefine|ifdef|ifelse|divert|undivert|changequote|changecom)\(/, M4],
  [/^\s*dnl\b/, M4],
];

/** What to do where a line with a mistake is of another language. */
export function foreignLanguage(line: string): string | undefined {
  // Longer ones are no one's work, and patterns take time.
  if (line.length > 400) return undefined;
  return languages.find(([pattern]) => pattern.test(line))?.[1];
}
