/** Reads expressions. */
import type { Arrow, Block, Call, Expression, ObjectLiteral, ObjectMember, Word } from "./nodes.ts";
import { PRECEDENCE, areGrown, binary, isComposition } from "./operators.ts";
import { flatList, parseParameters, parseType } from "./parse-type.ts";
import { refuse } from "./refusal.ts";
import type { Scanner } from "./scanner.ts";

/** Reads a block: statements and expressions hold each other. */
export type ParseBlock = (scanner: Scanner) => Block;

const ASSIGNMENTS: ReadonlySet<string> = new Set(["=", "+="]);

export class ExpressionParser {
  readonly #scanner: Scanner;
  readonly #parseBlock: ParseBlock;

  constructor(scanner: Scanner, parseBlock: ParseBlock) {
    this.#scanner = scanner;
    this.#parseBlock = parseBlock;
  }

  /** An expression that is no assignment. */
  value(): Expression {
    const value = this.expression();
    return value.kind === "assignment" ? refuse("an assignment within an expression") : value;
  }

  expression(): Expression {
    const scanner = this.#scanner;
    if (this.#isArrow()) return this.#arrow();
    const left = this.#binary(0);
    const operator = scanner.token.text;
    if (scanner.token.kind === "mark" && ASSIGNMENTS.has(operator)) {
      if (!isWord(left)) return refuse("an assignment to no name");
      scanner.take();
      const right = this.expression();
      return { kind: "assignment", left, operator, right, flat: flatOf`${left} ${operator} ${right}` };
    }
    if (!scanner.takeIf("?")) return left;
    const yes = this.value();
    scanner.expect(":");
    const no = this.value();
    if (yes.kind === "conditional" || no.kind === "conditional") return refuse("a condition within a condition");
    return { kind: "conditional", test: left, yes, no, flat: flatOf`${left} ? ${yes} : ${no}` };
  }

  #binary(precedence: number): Expression {
    let left = this.#unary();
    for (;;) {
      const { kind, text: operator } = this.#scanner.token;
      const own = kind === "mark" ? (PRECEDENCE[operator] ?? 0) : 0;
      if (own <= precedence) return left;
      this.#scanner.take();
      left = binary(left, operator, this.#binary(own));
    }
  }

  #unary(): Expression {
    const scanner = this.#scanner;
    for (const [mark, operator] of [
      ["-", "-"],
      ["!", "!"],
      ["void", "void "],
      ["await", "await "],
    ] as const) {
      if (!scanner.takeIf(mark)) continue;
      const argument = this.#unary();
      if (argument.kind === "binary" || argument.kind === "conditional") return refuse("a parenthesis behind a prefix");
      return { kind: "prefix", operator, argument, flat: flatOf`${operator}${argument}` };
    }
    const operand = this.#postfix(this.#primary());
    if (!scanner.is("as")) return operand;
    if (!isWord(operand)) return refuse("a cast of no name");
    scanner.take();
    const type = parseType(scanner);
    return { kind: "cast", value: operand, type, flat: flatOf`${operand} as ${type}` };
  }

  #postfix(start: Expression): Expression {
    const scanner = this.#scanner;
    let operand = start;
    for (;;) {
      if (scanner.is("(") && !scanner.token.newline) {
        operand = this.#call(operand, false);
        continue;
      }
      if (scanner.is(".")) {
        if (!isPath(operand)) return refuse("a member of no name");
        scanner.take();
        operand = { kind: "member", flat: `${operand.flat}.${scanner.name()}` };
      } else if (scanner.is("[") && isPath(operand)) {
        scanner.take();
        const index = scanner.take();
        if (index.kind !== "number") return refuse("an index that is no number");
        scanner.expect("]");
        operand = { kind: "member", flat: `${operand.flat}[${index.text}]` };
      } else if (scanner.is("++") || scanner.is("--")) {
        if (!isPath(operand)) return refuse("an update of no name");
        operand = { kind: "update", flat: operand.flat + scanner.take().text };
      } else {
        return operand;
      }
    }
  }

  #call(callee: Expression, isNew: boolean): Call {
    if (!isPath(callee) || callee.flat.includes("[")) return refuse("a call of no name");
    // Prettier has ways of its own with tests.
    if (/^(skip|[fx]?(it|describe|test)|require|define)\b/.test(callee.flat)) return refuse("a name of test libraries");
    const args = this.#list("(", ")");
    const isForced = isComposition(args);
    const flat = isForced ? undefined : flatList(`${isNew ? "new " : ""}${callee.flat}(`, args, ", ", ")");
    return { kind: "call", callee, isNew, args, flat };
  }

  #list(open: string, close: string): Expression[] {
    const scanner = this.#scanner;
    scanner.expect(open);
    const items: Expression[] = [];
    while (!scanner.is(close)) {
      items.push(this.value());
      if (!scanner.takeIf(",")) break;
      // An empty line there stays.
      if (scanner.token.blank && !scanner.is(close)) return refuse("an empty line in a list");
    }
    scanner.expect(close);
    return items;
  }

  #primary(): Expression {
    const scanner = this.#scanner;
    const { kind, text } = scanner.token;
    if (kind === "number") return { kind: text.endsWith("n") ? "bigint" : "number", flat: scanner.take().text };
    if (kind === "string" || kind === "template") return { kind, flat: scanner.take().text };
    if (kind === "name") {
      scanner.take();
      if (text === "this") return { kind: "this", flat: text };
      if (text === "true" || text === "false" || text === "null") return { kind: "constant", flat: text };
      if (text === "new") {
        let callee: Word = { kind: "name", flat: scanner.name() };
        while (scanner.takeIf(".")) callee = { kind: "member", flat: `${callee.flat}.${scanner.name()}` };
        return this.#call(callee, true);
      }
      if (text === "function" || text === "class" || text === "typeof") return refuse(text);
      return { kind: "name", flat: text };
    }
    if (scanner.is("{")) return this.#object();
    if (scanner.is("[")) return array(this.#list("[", "]"));
    if (!scanner.takeIf("(")) return refuse(`no expression: ${text}`);
    const inner = this.expression();
    scanner.expect(")");
    // Where prettier keeps the parentheses, the operator around them says so.
    return inner.kind === "binary" ? inner : refuse("parentheses");
  }

  #object(): ObjectLiteral {
    const scanner = this.#scanner;
    scanner.expect("{");
    const isBroken = scanner.token.newline;
    const members: ObjectMember[] = [];
    while (!scanner.is("}")) {
      if (scanner.token.blank && members.length > 0) return refuse("an empty line in an object");
      members.push(this.#member());
      if (!scanner.takeIf(",")) break;
    }
    scanner.expect("}");
    const flat = members.length === 0 ? "{}" : isBroken ? undefined : flatList("{ ", members, ", ", " }");
    return { kind: "object", members, isBroken: isBroken && members.length > 0, flat };
  }

  #member(): ObjectMember {
    const scanner = this.#scanner;
    const key = scanner.name();
    if (scanner.is("(")) {
      const parameters = parseParameters(scanner);
      const body = this.#parseBlock(scanner);
      const list = flatList(`${key}(`, parameters, ", ", ")");
      const flat = list === undefined || body.flat === undefined ? undefined : `${list} ${body.flat}`;
      return { kind: "method", name: key, parameters, body, flat };
    }
    if (!scanner.takeIf(":")) return { kind: "property", key, value: undefined, flat: key };
    const value = this.value();
    return { kind: "property", key, value, flat: flatOf`${key}: ${value}` };
  }

  /** Whether the parenthesis here opens the parameters of an arrow function. */
  #isArrow(): boolean {
    const scanner = this.#scanner;
    if (!scanner.is("(")) return false;
    return scanner.ahead(() => {
      let depth = 0;
      do {
        if (scanner.is("(")) depth++;
        if (scanner.is(")")) depth--;
        scanner.take();
      } while (depth > 0 && scanner.token.kind !== "end");
      return scanner.is("=>");
    });
  }

  #arrow(): Arrow {
    const scanner = this.#scanner;
    const parameters = parseParameters(scanner);
    scanner.expect("=>");
    const body = this.#arrowBody();
    const list = flatList("(", parameters, ", ", ") => ");
    const { flat } = body;
    if (list === undefined || flat === undefined) return { kind: "arrow", parameters, body, flat: undefined };
    return { kind: "arrow", parameters, body, flat: list + (body.kind === "object" ? `(${flat})` : flat) };
  }

  #arrowBody(): Expression | Block {
    const scanner = this.#scanner;
    if (scanner.is("{")) return this.#parseBlock(scanner);
    const isObject = scanner.is("(") && scanner.ahead(() => (scanner.take(), scanner.is("{")));
    if (!isObject) {
      const body = this.value();
      // Prettier puts parentheses around the one.
      return body.kind === "conditional" || body.kind === "arrow"
        ? refuse(`the body of a function: ${body.kind}`)
        : body;
    }
    scanner.expect("(");
    const body = this.#object();
    scanner.expect(")");
    return body;
  }
}

function flatOf(
  texts: TemplateStringsArray,
  ...nodes: readonly (string | { readonly flat: string | undefined })[]
): string | undefined {
  let text = texts[0] ?? "";
  for (const [index, node] of nodes.entries()) {
    const flat = typeof node === "string" ? node : node.flat;
    if (flat === undefined) return undefined;
    text += flat + (texts[index + 1] ?? "");
  }
  return text;
}

export function isWord(node: Expression): node is Word {
  return WORDS.has(node.kind);
}

const WORDS: ReadonlySet<string> = new Set<Word["kind"]>([
  "name",
  "this",
  "number",
  "bigint",
  "string",
  "constant",
  "template",
  "member",
  "update",
]);

/** A name, or a member of one. */
function isPath(node: Expression): node is Word {
  return node.kind === "name" || node.kind === "this" || node.kind === "member";
}

function array(elements: readonly Expression[]): Expression {
  const flat = areGrown(elements) ? undefined : flatList("[", elements, ", ", "]");
  return { kind: "array", elements, flat };
}
