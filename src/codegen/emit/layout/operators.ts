/** Operators, and the lists of values that prettier breaks whether they fit or not. */
import type { Binary, Expression } from "./nodes.ts";
import { refuse } from "./refusal.ts";

/** Binary operators by how tightly they bind. */
export const PRECEDENCE: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "===": 4,
  "!==": 4,
  "<": 5,
  ">": 5,
  "<=": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
};

/** The operation of two operands. */
export function binary(left: Expression, operator: string, right: Expression): Binary {
  const node = { kind: "binary", operator, left, right } as const;
  if (right.kind === "binary" && right.operator === operator) refuse("an operation that goes from right to left");
  if (left.kind === "conditional" || right.kind === "conditional") refuse("a condition within an operation");
  const [open, close] = [operand(node, left), operand(node, right)];
  return { ...node, flat: open === undefined || close === undefined ? undefined : `${open} ${operator} ${close}` };
}

function operand(parent: Pick<Binary, "operator">, child: Expression): string | undefined {
  return child.flat !== undefined && needsParentheses(parent, child) ? `(${child.flat})` : child.flat;
}

/** As prettier has it; what no emitter writes is refused. */
export function needsParentheses({ operator }: Pick<Binary, "operator">, child: Expression): boolean {
  if (child.kind !== "binary" || child.operator === operator) return false;
  const isLogical = (it: string): boolean => it === "||" || it === "&&";
  if (isLogical(operator)) return isLogical(child.operator);
  if (operator === "===" && child.operator === "|") return true;
  if (operator === "+" && child.operator === "*") return false;
  return refuse(`${child.operator} within ${operator}`);
}

/** Several objects or arrays that each have several members: prettier gives each its lines. */
export function areGrown(elements: readonly Expression[]): boolean {
  const size = (it: Expression): number =>
    it.kind === "object" ? it.members.length : it.kind === "array" ? it.elements.length : 0;
  return elements.length > 1 && elements.every((it) => it.kind === elements[0]?.kind && size(it) > 1);
}

/** Several functions, or a call with one among others: prettier gives each argument a line. */
export function isComposition(args: readonly Expression[]): boolean {
  if (args.length <= 1) return false;
  if (args.filter((it) => it.kind === "arrow").length > 1) return true;
  return args.some((it) => it.kind === "call" && !it.isNew && it.args.some((inner) => inner.kind === "arrow"));
}
