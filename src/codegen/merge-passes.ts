/**
 * One specification from those that the passes of the preprocessor give: a file may differ by RPC_HDR, RPC_XDR and the
 * like, which rpcgen sets for its outputs. All definitions are taken; where two differ, the first pass's, RPC_XDR's, since it makes
 * the bytes in C.
 */
import type * as ast from "./ast.ts";
import { isSelfAlias } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";

/** Merges the passes, RPC_XDR's first, and leaves out what is defined twice in the same way. */
export function mergePasses(passes: readonly ast.Specification[], report: Report): ast.Specification {
  const [first, ...others] = passes;
  if (first === undefined) throw new Error("there is no pass to merge");
  const defined = new Set(passes.flatMap((pass) => pass.definitions.filter(({ kind }) => kind === "type").map(nameOf)));
  const definitions = withoutRepeats(first.definitions, defined, report);
  const passthroughs = [...first.passthroughs];
  for (const other of others) {
    mergeDefinitions(
      definitions,
      withoutRepeats(other.definitions, defined, () => undefined),
      report,
    );
    for (const line of other.passthroughs) {
      if (!passthroughs.some(({ span }) => samePlace(span, line.span))) passthroughs.push(line);
    }
  }
  passthroughs.sort((a, b) => (a.span.file === b.span.file ? a.span.start - b.span.start : 0));
  return { ...first, definitions, passthroughs };
}

/** What only `added` has goes behind the definition that stands before it there. */
function mergeDefinitions(
  definitions: ast.DefinitionNode[],
  added: readonly ast.DefinitionNode[],
  report: Report,
): void {
  const known = new Map(definitions.map((definition) => [keyOf(definition), definition]));
  let at = 0;
  for (const definition of added) {
    const twin = known.get(keyOf(definition));
    if (twin === undefined) {
      definitions.splice(at, 0, definition);
      known.set(keyOf(definition), definition);
      at += 1;
      continue;
    }
    at = definitions.indexOf(twin) + 1;
    if (twin.kind === "broken" || definition.kind === "broken" || fingerprint(twin) === fingerprint(definition))
      continue;
    const message = `'${twin.name.text}' differs by the output of rpcgen that it is for: that of RPC_XDR is taken`;
    const other = samePlace(twin.span, definition.span)
      ? undefined
      : { notes: [{ message: "another one is here", span: definition.name.span }] };
    report("pass-difference", twin.name.span, message, other);
  }
}

/** A file that is included twice defines the same once. In C a constant or typedef may be repeated as it is. */
function withoutRepeats(
  definitions: readonly ast.DefinitionNode[],
  defined: ReadonlySet<string | undefined>,
  report: Report,
): ast.DefinitionNode[] {
  const places = new Map<string, string>();
  const byName = new Map<string, ast.DefinitionNode>();
  return definitions.filter((definition) => {
    // `typedef struct foo foo;` says nothing, and would be taken for another definition of foo.
    if (definition.kind === "typedef" && isSelfAlias(definition) && defined.has(nameOf(definition))) return false;
    const place = `${definition.span.file}:${definition.span.start}:${definition.span.end}`;
    // All that one macro defines has one place, and so has what was put in front of the file.
    const isOwn = definition.span.macro === undefined && definition.span.end > definition.span.start;
    // The macros of its second inclusion may make another definition of the same text.
    const print = fingerprint(definition);
    if (places.get(place) === print && isOwn) return false;
    places.set(place, print);
    if (definition.kind !== "const" && definition.kind !== "typedef") return true;
    const first = byName.get(definition.name.text);
    if (first === undefined) byName.set(definition.name.text, definition);
    else if (fingerprint(first) === fingerprint(definition)) {
      const notes = first.name ? [{ message: "first defined here", span: first.name.span }] : [];
      const message = `'${definition.name.text}' is defined twice, in the same way`;
      report("repeated-definition", definition.name.span, message, { notes });
      return false;
    }
    return true;
  });
}

function nameOf({ name }: ast.DefinitionNode): string | undefined {
  return name?.text;
}

function keyOf(definition: ast.DefinitionNode): string {
  const { name, span } = definition;
  return name === undefined || name.text === "" ? `at ${span.file}:${span.start}` : `named ${name.text}`;
}

function samePlace(a: ast.Span, b: ast.Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** What a definition says, without where and how it stands. */
export function fingerprint(definition: ast.DefinitionNode): string {
  return JSON.stringify(definition, (key, value: unknown) => {
    if (key === "span" || key === "doc" || key === "source") return undefined;
    if (key === "star") return 1;
    return typeof value === "bigint" ? value.toString() : value;
  });
}
