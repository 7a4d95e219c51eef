/** What `%ts` lines declare, as far as text shows it without a compiler. */

/** Comments and strings, in which nothing is declared. */
const OPAQUE = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;
const KEYWORDS = "(?:declare\\s+)?(?:abstract\\s+)?(?:async\\s+)?(?:type|interface|class|const|let|var|function|enum)";
const DECLARATION = new RegExp(`\\b${KEYWORDS}\\s+([A-Za-z_$][\\w$]*)`, "g");
const EXPORTED_DECLARATION = new RegExp(`\\bexport\\s+${KEYWORDS}\\s+([A-Za-z_$][\\w$]*)`, "g");
const IMPORT = /\bimport\s+(?:type\s+)?([^;"']*?)\bfrom\b/g;
const EXPORT_LIST = /\bexport\s+(?:type\s+)?\{([^}]*)\}/g;

/** Names of types that scripts declare or import together with their codec, `Codec` behind the name. */
export function typesWithCodec(script: string): string[] {
  const names = declaredNames(script);
  return [...names].filter((name) => names.has(`${name}Codec`));
}

function declaredNames(script: string): ReadonlySet<string> {
  const text = script.replace(OPAQUE, '""');
  const declarations = [...text.matchAll(DECLARATION)].map(([, name = ""]) => name);
  const imports = [...text.matchAll(IMPORT)].flatMap(([, clause = ""]) => lastWords(clause.replace(/[{}]/g, ",")));
  return new Set([...declarations, ...imports]);
}

export function exportedNames(script: string): ReadonlySet<string> {
  const text = script.replace(OPAQUE, '""');
  const declarations = [...text.matchAll(EXPORTED_DECLARATION)].map(([, name = ""]) => name);
  const lists = [...text.matchAll(EXPORT_LIST)].flatMap(([, clause = ""]) => lastWords(clause));
  return new Set([...declarations, ...lists]);
}

/** Of `a, type b as c` these are `a` and `c`: names here in an import, and elsewhere in an export. */
function lastWords(clause: string): string[] {
  return clause.split(",").flatMap((each) => each.trim().split(/\s+/).at(-1) || []);
}
