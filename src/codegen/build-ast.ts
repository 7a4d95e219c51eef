/** From the parser's tree to the AST: definitions and programs. Types are build-ast-type.ts's. */
import type { CstElement, CstNode, IToken } from "chevrotain";
import type * as cst from "../../grammar/cst.ts";
import type * as ast from "./ast.ts";
import { AstContext, tokenSpan, nodeSpan, only } from "./ast-context.ts";
import {
  buildBody,
  buildDeclaration,
  buildSpecifier,
  buildValue,
  buildName,
  buildVariableSize,
} from "./build-ast-type.ts";
import type { Report } from "./diagnostics.ts";
import type { ParsedText, SpanOf } from "./parse.ts";

/** Builds the AST. Definitions in which the parser met an error become `broken` nodes. */
export function buildAst(text: string, parsed: ParsedText, spanOf: SpanOf, report: Report): ast.Specification {
  const context = new AstContext(text, spanOf, parsed.comments, report);
  const definitions = parsed.cst?.children.definition ?? [];
  return {
    kind: "specification",
    span: spanOf(0, text.length),
    definitions: definitions.map((definition) =>
      isWhole(definition, parsed.errorOffsets)
        ? buildDefinition(context, definition)
        : buildBroken(context, definition),
    ),
  };
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
  return (
    element.recoveredNode === true || Object.values(element.children).some((children) => children.some(hasRecovered))
  );
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
  const { Identifier, value } = node.children;
  return {
    kind: "const",
    ...context.documented(node),
    name: buildName(context, only(Identifier)),
    value: buildValue(context, only(value)),
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
  const args = [only(proc_firstarg), ...proc_arg].map(({ children }) => only(children.proc_type));
  return {
    kind: "procedure",
    ...context.documented(node),
    name: buildName(context, only(Identifier)),
    number: buildValue(context, only(value)),
    result: buildProcedureType(context, only(only(proc_return).children.proc_type)),
    args: args.map((arg) => buildProcedureType(context, arg)),
  };
}

function buildProcedureType(context: AstContext, node: cst.Proc_typeCstNode): ast.ProcedureType {
  const { Void, type_specifier, variable_size } = node.children;
  return {
    kind: "procedure-type",
    span: nodeSpan(context, node),
    type: Void
      ? { kind: "primitive", name: "void", span: tokenSpan(context, only(Void)) }
      : buildSpecifier(context, only(type_specifier)),
    shape: variable_size ? buildVariableSize(context, only(variable_size)) : { kind: "plain" },
  };
}
