/** From the parser's tree to the AST: definitions and programs. Types are build-ast-type.ts's. */
import type { CstElement, CstNode, IToken } from "chevrotain";
import type * as cst from "../../grammar/cst.ts";
import type * as ast from "./ast.ts";
import { AstContext, tokenSpan, nodeSpan, only } from "./ast-context.ts";
import {
  MAX_WIDE_DIGITS,
  buildBody,
  buildDeclaration,
  buildSpecifier,
  buildText,
  buildValue,
  buildName,
  buildVariableSize,
} from "./build-ast-type.ts";
import type { Report } from "./diagnostics.ts";
import type { ParseInput, ParsedText } from "./parse.ts";

/** Builds the AST. Definitions in which the parser met an error become `broken` nodes. */
export function buildAst(input: ParseInput, parsed: ParsedText, report: Report): ast.Specification {
  const context = new AstContext(input, parsed.comments, report);
  const nodes = (parsed.cst?.children.definition ?? []).flatMap((node) => withoutNamespaces(node, false));
  const built = nodes.map(({ node, inNamespace }) => {
    const definition = build(context, node, parsed.errorOffsets);
    return { node, definition: inNamespace && definition ? namespaced(definition) : definition };
  });
  const definitions = built.map(({ definition }) => definition).filter((it) => it !== undefined);
  let next = 0;
  return {
    kind: "specification",
    span: input.spanOf(0, input.text.length),
    definitions,
    passthroughs: parsed.passthroughs.map((token) => {
      while (endOf(built[next]?.node) < token.startOffset) next += 1;
      const before = built.slice(next, next + 2).find(({ definition }) => definition)?.definition;
      return { kind: "passthrough", span: tokenSpan(context, token), text: token.image.slice(1), before };
    }),
  };
}

function endOf(node: cst.DefinitionCstNode | undefined): number {
  return node === undefined ? Infinity : (node.location?.endOffset ?? 0);
}

interface Placed {
  readonly node: cst.DefinitionCstNode;
  readonly inNamespace: boolean;
}

/** The definitions in namespaces stand for those; all share one scope. */
function withoutNamespaces(node: cst.DefinitionCstNode, inNamespace: boolean): Placed[] {
  const [namespace] = node.children.namespace_def ?? [];
  if (namespace === undefined) return [{ node, inNamespace }];
  return (namespace.children.definition ?? []).flatMap((inner) => withoutNamespaces(inner, true));
}

function namespaced(definition: ast.DefinitionNode): ast.DefinitionNode {
  return definition.kind === "broken" ? definition : { ...definition, inNamespace: true };
}

function build(
  context: AstContext,
  node: cst.DefinitionCstNode,
  errorOffsets: readonly number[],
): ast.DefinitionNode | undefined {
  if (!isWhole(node, errorOffsets)) return buildBroken(context, node);
  // `pragma header nfs4;` is about the C that xdrgen writes.
  return node.children.pragma_def ? undefined : buildDefinition(context, node);
}

/**
 * Whether the parser met no error in `definition`, so that its nodes have all the children that the grammar demands.
 * `errorOffsets` are in ascending order.
 */
function isWhole(definition: cst.DefinitionCstNode, errorOffsets: readonly number[]): boolean {
  const { startOffset = 0, endOffset = 0 } = definition.location ?? {};
  let low = 0;
  for (let high = errorOffsets.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((errorOffsets[middle] ?? Infinity) < startOffset) low = middle + 1;
    else high = middle;
  }
  const hasError = (errorOffsets[low] ?? Infinity) <= endOffset;
  return !hasError && !hasRecovered(definition);
}

function hasRecovered(element: CstElement): boolean {
  if ("image" in element) return element.isInsertedInRecovery === true;
  if (element.recoveredNode === true) return true;
  // Every node of a file comes by here: no arrays are made for it.
  for (const name in element.children) {
    for (const child of element.children[name] ?? []) if (hasRecovered(child)) return true;
  }
  return false;
}

function buildBroken(context: AstContext, definition: cst.DefinitionCstNode): ast.BrokenNode {
  // The tree may lack any child, whatever its type says.
  const children: Partial<Record<string, CstElement[]>> = definition.children;
  const [inner] = Object.values(children).flatMap((elements) => elements ?? []) as CstNode[];
  const name = inner && nameOfBroken(inner);
  return {
    kind: "broken",
    span: nodeSpan(context, definition),
    name: name && !Number.isNaN(name.startOffset) ? buildName(context, name) : undefined,
  };
}

function nameOfBroken(inner: CstNode): IToken | undefined {
  const children: Partial<Record<string, CstElement[]>> = inner.children;
  const [declaration] = (children["declaration"] ?? []) as CstNode[];
  const [declarator] = (declaration?.children["declarator"] ?? []) as CstNode[];
  const [identifier] = declarator?.children["Identifier"] ?? children["Identifier"] ?? [];
  return identifier && "image" in identifier ? identifier : undefined;
}

function buildDefinition(context: AstContext, definition: cst.DefinitionCstNode): ast.DefinitionNode {
  const { type_def, constant_def, program_def } = definition.children;
  if (type_def) return buildTypeDefinition(context, only(type_def));
  if (constant_def) return buildConstant(context, only(constant_def));
  return buildProgram(context, only(program_def));
}

function buildConstant(context: AstContext, node: cst.Constant_defCstNode): ast.ConstantNode {
  const { Identifier, value, StringConstant } = node.children;
  return {
    kind: "const",
    ...context.documented(node),
    name: buildName(context, only(Identifier)),
    value: value ? buildValue(context, only(value), MAX_WIDE_DIGITS) : buildText(context, only(StringConstant)),
  };
}

function buildTypeDefinition(context: AstContext, node: cst.Type_defCstNode): ast.TypeNode | ast.TypedefNode {
  const { declaration, Identifier, enum_body, struct_body, union_body } = node.children;
  if (declaration) {
    const built = buildDeclaration(context, only(declaration));
    // `typedef void;` has no name; the empty one can be neither declared nor used, and check/ reports it.
    const name = built.name ?? { kind: "name" as const, text: "", span: built.span };
    return { kind: "typedef", ...context.documented(node), name, declaration: built };
  }
  const body = only<cst.Enum_bodyCstNode | cst.Struct_bodyCstNode | cst.Union_bodyCstNode>(
    enum_body ?? struct_body ?? union_body,
  );
  return {
    kind: "type",
    ...context.documented(node, only(body.children.LeftBrace)),
    name: buildName(context, only(Identifier)),
    body: buildBody(context, body),
  };
}

function buildProgram(context: AstContext, node: cst.Program_defCstNode): ast.ProgramNode {
  const { Identifier, LeftBrace, version_def = [], value } = node.children;
  return {
    kind: "program",
    ...context.documented(node, only(LeftBrace)),
    name: buildName(context, only(Identifier)),
    number: buildValue(context, only(value)),
    versions: version_def.map((version) => buildVersion(context, version)),
  };
}

function buildVersion(context: AstContext, node: cst.Version_defCstNode): ast.VersionNode {
  const { Identifier, LeftBrace, procedure_def = [], value } = node.children;
  const { span, doc } = context.documented(node, only(LeftBrace));
  return {
    kind: "version",
    span,
    doc,
    name: buildName(context, only(Identifier)),
    number: buildValue(context, only(value)),
    procedures: procedure_def.map((procedure) => buildProcedure(context, procedure)),
  };
}

function buildProcedure(context: AstContext, node: cst.Procedure_defCstNode): ast.ProcedureNode {
  const { proc_return, Identifier, proc_firstarg, proc_arg = [], value } = node.children;
  return {
    kind: "procedure",
    ...context.documented(node),
    name: buildName(context, only(Identifier)),
    number: buildValue(context, only(value)),
    result: buildProcedureType(context, only(proc_return)),
    args: [...(proc_firstarg ?? []), ...proc_arg].map((arg) => buildProcedureType(context, arg)),
  };
}

function buildProcedureType(
  context: AstContext,
  node: cst.Proc_returnCstNode | cst.Proc_firstargCstNode | cst.Proc_argCstNode,
): ast.ProcedureType {
  const { variable_size } = node.children;
  const identifier = "Identifier" in node.children ? node.children.Identifier : undefined;
  const { Void, type_specifier, Star } = only(node.children.proc_type).children;
  return {
    kind: "procedure-type",
    span: nodeSpan(context, node),
    type: Void
      ? { kind: "primitive", name: "void", span: tokenSpan(context, only(Void)) }
      : buildSpecifier(context, only(type_specifier)),
    star: Star && tokenSpan(context, only(Star)),
    name: identifier && buildName(context, only(identifier)),
    shape: variable_size ? buildVariableSize(context, only(variable_size)) : { kind: "plain" },
  };
}
