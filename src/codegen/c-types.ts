/** Types of which a `.x` file tells the C compiler alone, in its `%` lines: `%#define ndmp_u_quad uint64_t`. */
import type * as ast from "./ast.ts";
import { buildAst } from "./build-ast.ts";
import type { ExternalScope } from "./externals.ts";
import { parse, type ParseInput } from "./parse.ts";
import type { Scope } from "./resolve.ts";
import { rpcTypes } from "./rpc-types.ts";

/** The names among `unknown` that a `%#define` makes another name of a known type. */
export function aliasesAmong(unknown: Iterable<string>, externals: ExternalScope, scope: Scope): string[] {
  return [...unknown].filter((name) => {
    const type = aliasOf(name, externals)?.declaration.type;
    if (type?.kind !== "reference") return type?.kind === "primitive" && type.name !== "void";
    const { text } = type.name;
    return scope.find(text)?.kind === "type" || scope.findOuter(text) !== undefined || rpcTypes.has(text);
  });
}

/** The specification with typedefs for `%#define` lines, which stand where these do, or before the definition that they stand in. */
export function withAliases(
  specification: ast.Specification,
  names: ReadonlySet<string>,
  externals: ExternalScope,
): ast.Specification {
  const definitions = [...specification.definitions];
  for (const name of names) {
    const alias = aliasOf(name, externals);
    if (alias === undefined) continue;
    const { file, start } = alias.span;
    const behind = definitions.findIndex(({ span }) => span.file === file && span.end > start);
    definitions.splice(behind < 0 ? definitions.length : behind, 0, alias);
  }
  return { ...specification, definitions };
}

function aliasOf(name: string, externals: ExternalScope): ast.TypedefNode | undefined {
  const line = externals.declaredForC(name);
  const words = line && externals.definedWords(name);
  const specifier = words && respelled(words);
  if (line === undefined || specifier === undefined) return undefined;
  const text = `typedef ${specifier} ${name};`;
  const original = `%${line.text}`;
  const input: ParseInput = {
    text,
    spanOf: () => line.span,
    originalOf: () => ({ text: original, start: 0, end: original.length }),
  };
  const mistakes: string[] = [];
  const report = (code: string): void => {
    mistakes.push(code);
  };
  const [definition] = buildAst(input, parse(input, report), report).definitions;
  return mistakes.length === 0 && definition?.kind === "typedef" ? definition : undefined;
}

const SIZES: ReadonlySet<string> = new Set(["char", "hyper", "long", "short"]);

/** C's words for a type in the order and number in which the RPC language takes them; C's `long long` is a hyper. */
function respelled(words: readonly string[]): string | undefined {
  const plain = words.filter((word) => word !== "const" && word !== "signed" && word !== "unsigned");
  const sized = plain.filter((word) => word !== "int");
  const isInteger = sized.every((word) => SIZES.has(word));
  if (words.length === 0 || (!isInteger && plain.length !== words.length)) return undefined;
  const base = isInteger ? sized.join(" ") || "int" : plain.join(" ");
  return (words.includes("unsigned") ? "unsigned " : "") + (base === "long long" ? "hyper" : base);
}
