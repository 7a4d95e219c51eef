/**
 * Constants whose value nothing defines and that nothing uses (`const rpcb_highproc = RPCBPROC_CALLIT;`, which a C header
 * would have). C makes macros of them, which harm nobody; here they are left out, with a warning.
 */
import type * as ast from "./ast.ts";
import { bodiesOf, declarationsOf } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import type { Scope } from "./resolve.ts";
import { notReadHere } from "./unknown-name.ts";

/** The specification without them. What something uses stays, and is an error where its value is asked for. */
export function withoutUnknown(specification: ast.Specification, scope: Scope, report: Report): ast.Specification {
  if (scope.incomplete) return specification;
  const unknown = unknownConstants(specification, scope);
  if (unknown.size === 0) return specification;
  for (const definition of specification.definitions) {
    for (const value of valuesOf(definition)) keep(value, unknown, scope);
  }
  let isFirst = true;
  for (const [{ name, value }, missing] of unknown) {
    const ways = `-D${missing.text}=VALUE or --externals FILE`;
    const { hint, notes } = notReadHere(scope.headers, ways, isFirst);
    report("constant-left-out", value.span, `'${name.text}' is left out: nothing defines '${missing.text}'`, {
      hint: hint ?? `define it: const ${missing.text} = …; or by -D${missing.text}=VALUE`,
      notes,
    });
    isFirst = false;
  }
  return {
    ...specification,
    definitions: specification.definitions.filter((it) => it.kind !== "const" || !unknown.has(it)),
  };
}

type Unknown = Map<ast.ConstantNode, ast.Name>;

/** By constant, the name that nothing defines, to which it leads. */
function unknownConstants({ definitions }: ast.Specification, scope: Scope): Unknown {
  const unknown: Unknown = new Map();
  const seen = new Set<ast.ConstantNode>();
  for (const definition of definitions) {
    if (definition.kind !== "const") continue;
    const chain: ast.ConstantNode[] = [];
    let missing: ast.Name | undefined;
    // Chains may be long, and end in a circle.
    for (let node: ast.ConstantNode | undefined = definition; node;) {
      missing = unknown.get(node);
      if (seen.has(node)) break;
      seen.add(node);
      chain.push(node);
      if (node.value.kind !== "name") break;
      const { text } = node.value;
      const next: ast.ConstantNode | undefined = constantOf(scope, text);
      if (!next && isUnknown(scope, text)) missing = node.value;
      node = next;
    }
    if (missing) for (const node of chain) unknown.set(node, missing);
  }
  return unknown;
}

function constantOf(scope: Scope, name: string): ast.ConstantNode | undefined {
  const entry = scope.find(name);
  return entry?.kind === "constant" && entry.node.kind === "const" ? entry.node : undefined;
}

function isUnknown(scope: Scope, name: string): boolean {
  const isDefined = scope.find(name) !== undefined || scope.findNumbered(name) !== undefined;
  return !isDefined && scope.outerConstant(name) === undefined;
}

/** What is used, and what its value is made from, stays. */
function keep(value: ast.Value | undefined, unknown: Unknown, scope: Scope): void {
  for (let at = value; at?.kind === "name";) {
    const node = constantOf(scope, at.text);
    if (!node || !unknown.delete(node)) return;
    at = node.value.kind === "text" ? undefined : node.value;
  }
}

/** The values that a definition asks for, but for that of a constant. */
function* valuesOf(definition: ast.DefinitionNode): Generator<ast.Value | undefined> {
  for (const body of bodiesOf(definition)) {
    for (const { shape } of declarationsOf(body)) yield sizeOf(shape);
    if (body.kind === "enum") for (const { value } of body.members) yield value;
    if (body.kind === "union") for (const { labels } of body.cases) yield* labels;
  }
  if (definition.kind === "typedef") yield sizeOf(definition.declaration.shape);
  if (definition.kind !== "program") return;
  yield definition.number;
  for (const { number, procedures } of definition.versions) {
    yield number;
    for (const procedure of procedures) {
      yield procedure.number;
      for (const { shape } of [procedure.result, ...procedure.args]) yield sizeOf(shape);
    }
  }
}

function sizeOf(shape: ast.Shape): ast.Value | undefined {
  return shape.kind === "plain" ? undefined : shape.size;
}
