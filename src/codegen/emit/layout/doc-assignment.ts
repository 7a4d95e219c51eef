/** Where assignments break: behind the sign, within what is assigned, or nowhere. */
import { type Doc, INDENT_WIDTH, group, indent, indentIfBreak, line } from "./doc.ts";
import type { Expression, Type } from "./nodes.ts";
import { isHugged, typeDoc } from "./doc-type.ts";

export type AssignmentLayout = "after-operator" | "never-after-operator" | "fluid";

/** `key` is a property's; undefined for variables. */
export function assignmentLayout(
  value: Expression,
  width: number,
  left: { readonly key?: string; readonly canBreak: boolean },
): AssignmentLayout {
  const isShort = left.key !== undefined && left.key.length < INDENT_WIDTH + 3;
  if (value.kind === "binary") return "after-operator";
  if (value.kind === "conditional" && value.test.kind === "binary") return "after-operator";
  if (!isShort && (bare(value).kind === "string" || isPoorlyBreakable(bare(value), width, false))) {
    return "after-operator";
  }
  const isPlain = value.kind === "template" || value.kind === "number" || isBoolean(value);
  return !left.canBreak && (isShort || isPlain) ? "never-after-operator" : "fluid";
}

export function assignmentDoc(left: Doc, operator: string, right: Doc, layout: AssignmentLayout): Doc {
  switch (layout) {
    case "after-operator":
      return group([group(left), operator, group(indent([line, right]))]);
    case "never-after-operator":
      return group([group(left), operator, " ", right]);
    case "fluid": {
      const gap = group(indent(line));
      return group([group(left), operator, gap, indentIfBreak(right, gap)]);
    }
  }
}

/** `type Name = …` */
export function aliasDoc(head: string, type: Type): Doc {
  if (type.kind === "union" && !isHugged(type)) {
    return assignmentDoc(head, " =", typeDoc(type, "alone"), "after-operator");
  }
  return assignmentDoc(head, " =", typeDoc(type), "fluid");
}

function isBoolean(value: Expression): boolean {
  return value.kind === "constant" && value.flat !== "null";
}

/** Behind `await`, `-` and the like. */
function bare(value: Expression): Expression {
  return value.kind === "prefix" ? bare(value.argument) : value;
}

/** Members and calls in which there is no good place for a break. */
function isPoorlyBreakable(value: Expression, width: number, isDeep: boolean): boolean {
  if (value.kind === "call" && !value.isNew) {
    const [only] = value.args;
    if (value.args.length > 1 || (only !== undefined && !isShortArgument(only, width))) return false;
    return isPoorlyBreakable(value.callee, width, true);
  }
  if (value.kind === "member") return true;
  return isDeep && (value.kind === "name" || value.kind === "this");
}

function isShortArgument(arg: Expression, width: number): boolean {
  const limit = width / 4;
  switch (arg.kind) {
    case "this":
    case "number":
    case "bigint":
    case "constant":
      return true;
    case "name":
    case "string":
      return arg.flat.length <= limit;
    case "template":
      return !arg.flat.includes("$") && arg.flat.length - 2 <= limit;
    case "prefix":
      return arg.operator !== "await " && isShortArgument(arg.argument, width);
    case "call":
      return !arg.isNew && arg.args.length === 0 && arg.callee.kind === "name" && arg.callee.flat.length <= limit - 2;
    default:
      return false;
  }
}
