/** Fields, arms and typedefs: which words go with which brackets. RFC 4506 section 6.3, `declaration`. */
import type * as ast from "../ast.ts";
import { isVoid } from "../ast-walk.ts";
import { MAX_UINT32, type CheckContext } from "./context.ts";
import { checkEnum } from "./enum.ts";
import { checkReference } from "./reference.ts";
import { checkStruct } from "./struct.ts";
import { checkUnion } from "./union.ts";

export function checkBody(context: CheckContext, body: ast.Body): void {
  switch (body.kind) {
    case "enum":
      checkEnum(context, body);
      break;
    case "struct":
      checkStruct(context, body);
      for (const field of body.fields) checkDeclaration(context, field, "field");
      break;
    case "union": {
      const arms: (ast.CaseNode | ast.DefaultNode)[] = [...body.cases, ...(body.default ? [body.default] : [])];
      checkType(context, body.discriminant.type);
      checkUnion(context, body);
      for (const { declaration } of arms) checkDeclaration(context, declaration, "arm");
    }
  }
}

/** A type as it is written: a name must be known, a body must be right in itself. */
export function checkType(context: CheckContext, type: ast.TypeSpecifier): void {
  if (type.kind === "primitive" && type.isLongLong) {
    const name = type.name === "int64" ? "hyper" : "unsigned hyper";
    context.report("long-long", type.span, `'long long' is read as '${name}'; C rpcgen does not take it`, {
      hint: `write '${name}'`,
    });
  }
  if (type.kind === "reference") checkReference(context, type);
  else if (type.kind === "enum" || type.kind === "struct" || type.kind === "union") checkBody(context, type);
}

export function checkDeclaration(
  context: CheckContext,
  declaration: ast.DeclarationNode,
  place: "field" | "arm" | "typedef",
): void {
  const { type, shape } = declaration;
  if (isVoid(type)) {
    checkVoid(context, declaration, place);
    return;
  }
  if (type.kind === "string") checkString(context, declaration);
  else if (type.kind === "opaque") checkOpaque(context, declaration);
  else checkPointer(context, declaration);
  checkSize(context, shape);
  checkType(context, type);
}

function nameOf({ name }: ast.DeclarationNode): string {
  return name?.text ?? "x";
}

function checkVoid({ report }: CheckContext, declaration: ast.DeclarationNode, place: string): void {
  const { type, name } = declaration;
  if (place === "arm") {
    if (!name && !declaration.star) return;
    report("misplaced-void", declaration.span, "a void arm has no name", { hint: "write 'void;'" });
  } else {
    report("misplaced-void", type.span, `a ${place} cannot be void`);
  }
}

function checkString({ report }: CheckContext, declaration: ast.DeclarationNode): void {
  const { span, star, shape } = declaration;
  if (!star && shape.kind === "variable") return;
  const name = nameOf(declaration);
  const [message, hint] = star
    ? ["a string is no pointer", `write 'string ${name}<>'; for one that may be absent, make it a typedef`]
    : shape.kind === "fixed"
      ? ["a string has no fixed length", `write 'string ${name}<>', with the longest length between < and >`]
      : ["a string needs its <>", `write 'string ${name}<>', with the longest length between < and > if there is one`];
  report("misplaced-string", span, message, { hint });
}

function checkOpaque({ report }: CheckContext, declaration: ast.DeclarationNode): void {
  const { span, star, shape } = declaration;
  if (!star && shape.kind !== "plain") return;
  const name = nameOf(declaration);
  report("misplaced-opaque", span, star ? "opaque data is no pointer" : "opaque data needs a size", {
    hint: `write 'opaque ${name}<>' for any number of bytes, 'opaque ${name}[16]' for 16`,
  });
}

function checkPointer({ report }: CheckContext, declaration: ast.DeclarationNode): void {
  const { span, star, shape } = declaration;
  if (!star || shape.kind === "plain") return;
  const hint = "give the pointer a typedef of its own, and declare an array of that";
  report("pointer-array", span, `'${nameOf(declaration)}' is a pointer and an array at once`, { hint });
}

/** RFC 4506 section 6.4 (2): sizes are unsigned, and lengths on the wire have 32 bits. */
export function checkSize({ constants, report }: CheckContext, shape: ast.Shape): void {
  if (shape.kind === "plain" || !shape.size) return;
  const size = constants.use(shape.size);
  if (size === undefined || (size >= 0n && size <= MAX_UINT32)) return;
  const shown = shape.size.kind === "name" ? `'${shape.size.text}' is ${size}; a size` : `${size}: a size`;
  report("size-range", shape.size.span, `${shown} is from 0 to ${MAX_UINT32}`);
}
