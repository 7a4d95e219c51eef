/** From the parser's tree to the AST: types, declarations, values, names. */
import type { IToken } from "chevrotain";
import type * as cst from "../../grammar/cst.ts";
import type * as ast from "./ast.ts";
import { nodeSpan, only, tokenSpan, type AstContext } from "./ast-context.ts";
import { characterValue } from "./preprocess/expression.ts";

export function buildName(context: AstContext, token: IToken): ast.Name {
  return { kind: "name", text: token.image, span: tokenSpan(context, token) };
}

/** Of `a::b::c` the last name counts: all namespaces are one scope. */
function buildQualifiedName(context: AstContext, node: cst.Qualified_nameCstNode): ast.Name {
  const parts = node.children.Identifier;
  const last = parts.at(-1);
  if (parts.length === 1 && last && !node.children.DoubleColon) return buildName(context, last);
  const qualifier = parts.at(-2)?.image;
  const text = only(parts.slice(-1)).image;
  return { kind: "name", text, ...(qualifier !== undefined && { qualifier }), span: nodeSpan(context, node) };
}

/** Numbers beyond 64 bits fit no use; and a text of a million digits is not worth a bigint. */
const MAX_DIGITS = 24;
/** A constant may be a macro in C that means nothing to any type. */
export const MAX_WIDE_DIGITS = 1000;
const MIN_VALUE = -(2n ** 63n);
const MAX_VALUE = 2n ** 64n - 1n;

/** @param maxDigits beyond {@link MAX_DIGITS}, a number need not fit in 64 bits */
export function buildValue(context: AstContext, node: cst.ValueCstNode, maxDigits: number = MAX_DIGITS): ast.Value {
  const { Constant, CharacterConstant, qualified_name } = node.children;
  if (CharacterConstant) return buildCharacter(context, only(CharacterConstant));
  if (!Constant) return buildQualifiedName(context, only(qualified_name));
  const token = only(Constant);
  const span = tokenSpan(context, token);
  const text = token.image;
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  const digits = text.replace(/^-?(?:0[xX])?0*(?=.)/, "");
  let value: bigint | undefined;
  if (token.tokenType.name === "MalformedConstant") {
    const hint = /^-?0[0-9]+$/.test(text)
      ? "a number that begins with 0 is octal"
      : "a number is decimal (26), octal (032) or hexadecimal (0x1a)";
    context.report("malformed-constant", span, `'${shown}' is not a number`, { hint });
  } else {
    if (digits.length <= maxDigits) value = parseConstant(text);
    const fits = value !== undefined && value >= MIN_VALUE && value <= MAX_VALUE;
    if (!fits && (value === undefined || maxDigits === MAX_DIGITS)) {
      context.report("constant-range", span, `${shown} does not fit in 64 bits`);
      value = undefined;
    } else if (!fits) {
      context.report(
        "wide-constant",
        span,
        `${shown} does not fit in 64 bits: no size and no value of a type can be it`,
      );
    }
  }
  return { kind: "number", span, value, text };
}

function buildCharacter(context: AstContext, token: IToken): ast.NumberNode {
  const span = tokenSpan(context, token);
  const code = characterValue(token.image);
  if (code === undefined) {
    const hint = "'a', or '\\n', '\\0', '\\x1b' and the like; a number for anything beyond ASCII";
    context.report("malformed-constant", span, `${token.image} is not one character`, { hint });
  }
  return { kind: "number", span, value: code === undefined ? undefined : BigInt(code), text: token.image };
}

export function buildText(context: AstContext, token: IToken): ast.TextNode {
  const inner = token.image.slice(1, -1);
  const value = inner.replace(/\\(?:[abefnrtv'"?\\]|[0-7]{1,3}|x[0-9a-fA-F]{1,2})/g, (escape) =>
    String.fromCharCode((characterValue(`'${escape}'`) ?? 0) & 0xff),
  );
  return { kind: "text", span: tokenSpan(context, token), value };
}

/** RFC 4506 section 6.2: decimal, `0x` hexadecimal, octal where it begins with 0. What stands between digits is goxdr's. */
function parseConstant(text: string): bigint {
  const magnitude = text.replace(/[-+'_]/g, "");
  const value = /^0[0-7]/.test(magnitude) ? BigInt(`0o${magnitude.slice(1)}`) : BigInt(magnitude);
  return text.startsWith("-") ? -value : value;
}

export function buildDeclaration(context: AstContext, node: cst.DeclarationCstNode): ast.DeclarationNode {
  const { Void, Star, declarator, type_specifier } = node.children;
  const parts = declarator && only(declarator).children;
  return {
    kind: "declaration",
    ...context.documented(node),
    type: Void
      ? { kind: "primitive", name: "void", span: tokenSpan(context, only(Void)) }
      : buildSpecifier(context, only(type_specifier)),
    star: Star && tokenSpan(context, only(Star)),
    shape: buildShape(context, parts),
    name: parts && buildName(context, only(parts.Identifier)),
  };
}

function buildShape(context: AstContext, parts: cst.DeclaratorCstChildren | undefined): ast.Shape {
  if (parts?.variable_size) return buildVariableSize(context, only(parts.variable_size));
  if (!parts?.fixed_size) return { kind: "plain" };
  const node = only(parts.fixed_size);
  return { kind: "fixed", size: buildValue(context, only(node.children.value)), span: nodeSpan(context, node) };
}

export function buildVariableSize(context: AstContext, node: cst.Variable_sizeCstNode): ast.Shape {
  const { value } = node.children;
  return { kind: "variable", size: value && buildValue(context, only(value)), span: nodeSpan(context, node) };
}

export function buildSpecifier(context: AstContext, node: cst.Type_specifierCstNode): ast.TypeSpecifier {
  const { children } = node;
  const span = nodeSpan(context, node);
  if (children.Float) return { kind: "primitive", name: "float", span };
  if (children.Double) return { kind: "primitive", name: "double", span };
  if (children.Quadruple) return { kind: "primitive", name: "quadruple", span };
  if (children.Bool) return { kind: "primitive", name: "bool", span };
  if (children.String) return { kind: "string", span };
  if (children.Opaque) return { kind: "opaque", span };
  if (children.integer_type) return buildInteger(only(children.integer_type), span);
  if (children.enum_type_spec) {
    const { enum_body, qualified_name } = only(children.enum_type_spec).children;
    return enum_body ? buildBody(context, only(enum_body)) : reference(context, "enum", only(qualified_name), span);
  }
  if (children.struct_type_spec) {
    const { struct_body, qualified_name } = only(children.struct_type_spec).children;
    return struct_body
      ? buildBody(context, only(struct_body))
      : reference(context, "struct", only(qualified_name), span);
  }
  if (children.union_type_spec) {
    const { union_body, qualified_name } = only(children.union_type_spec).children;
    return union_body ? buildBody(context, only(union_body)) : reference(context, "union", only(qualified_name), span);
  }
  return reference(context, undefined, only(children.qualified_name), span);
}

function reference(
  context: AstContext,
  keyword: ast.ReferenceSpecifier["keyword"],
  name: cst.Qualified_nameCstNode,
  span: ast.Span,
): ast.ReferenceSpecifier {
  return { kind: "reference", keyword, name: buildQualifiedName(context, name), span };
}

function buildInteger(node: cst.Integer_typeCstNode, span: ast.Span): ast.PrimitiveSpecifier {
  const { Unsigned, sized_integer } = node.children;
  const { Hyper, Short, Char, Long = [] } = sized_integer ? only(sized_integer).children : {};
  const isLongLong = Long.length > 1;
  const name = Hyper || isLongLong ? "int64" : Short ? "int16" : Char ? "int8" : "int32";
  return { kind: "primitive", name: Unsigned ? `u${name}` : name, span, ...(isLongLong && { isLongLong }) };
}

export function buildBody(
  context: AstContext,
  node: cst.Enum_bodyCstNode | cst.Struct_bodyCstNode | cst.Union_bodyCstNode,
): ast.Body {
  const span = nodeSpan(context, node);
  switch (node.name) {
    case "enum_body":
      return {
        kind: "enum",
        span,
        members: node.children.enumerator.map((member) => buildEnumerator(context, member)),
      };
    case "struct_body":
      return {
        kind: "struct",
        span,
        fields: node.children.declaration.map((field) => buildDeclaration(context, field)),
      };
    case "union_body":
      return buildUnion(context, node, span);
  }
}

function buildEnumerator(context: AstContext, node: cst.EnumeratorCstNode): ast.EnumeratorNode {
  const { Identifier, value } = node.children;
  const { span, doc } = context.documented(node);
  const name = buildName(context, only(Identifier));
  return { kind: "enumerator", span, doc, name, value: value && buildValue(context, only(value)) };
}

function buildUnion(context: AstContext, node: cst.Union_bodyCstNode, span: ast.Span): ast.UnionBody {
  const { declaration, case_spec = [], default_spec = [] } = node.children;
  const [last, ...surplusDefaults] = default_spec.map((each): ast.DefaultNode => ({
    kind: "default",
    span: nodeSpan(context, each),
    declaration: buildArm(context, each),
  }));
  return {
    kind: "union",
    span,
    discriminant: buildDeclaration(context, only(declaration)),
    cases: case_spec.map((each) => ({
      kind: "case",
      span: nodeSpan(context, each),
      labels: each.children.value.map((value) => buildValue(context, value)),
      declaration: buildArm(context, each),
    })),
    default: last,
    surplusDefaults,
  };
}

/** An arm's comment stands before its first label as often as before its declaration. */
function buildArm(context: AstContext, node: cst.Case_specCstNode | cst.Default_specCstNode): ast.DeclarationNode {
  const declaration = buildDeclaration(context, only(node.children.declaration));
  const before = context.comments.find(node.location?.startOffset ?? -1, -1);
  const doc = [before, declaration.doc].filter((each) => each !== undefined).join("\n\n");
  return { ...declaration, doc: doc === "" ? undefined : doc };
}
