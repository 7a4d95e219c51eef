/** The documents of expressions, as prettier makes them. */
import {
  type Doc,
  align,
  breakParent,
  firstThatFits,
  group,
  ifBreak,
  indent,
  join,
  lazy,
  line,
  softline,
  willBreak,
} from "./doc.ts";
import { assignmentDoc, assignmentLayout } from "./doc-assignment.ts";
import { parametersDoc, typeDoc } from "./doc-type.ts";
import type { Arrow, Binary, Block, Call, Conditional, Expression, ObjectLiteral, ObjectMember } from "./nodes.ts";
import { isComposition, needsParentheses } from "./operators.ts";
import { isWord } from "./parse-expression.ts";
import { refuse } from "./refusal.ts";

/** What stands around an operation: how its lines are indented depends on it. */
type BinaryPlace = "argument" | "assigned" | "body" | "test" | "operand" | "other";

export class ExpressionDocs {
  /** Columns. */
  readonly #width: number;
  readonly #blockDoc: (block: Block) => Doc;
  /** Of calls: a last argument has two documents, and so has each that it is the last argument of. */
  readonly #calls = new Map<Call, Doc>();

  constructor(width: number, blockDoc: (block: Block) => Doc) {
    this.#width = width;
    this.#blockDoc = blockDoc;
  }

  doc(node: Expression, place: BinaryPlace = "other"): Doc {
    if (node.kind === "member") return memberDoc(node.flat);
    if (isWord(node)) return node.flat;
    switch (node.kind) {
      case "call": {
        const doc = this.#calls.get(node) ?? this.#call(node);
        this.#calls.set(node, doc);
        return doc;
      }
      case "prefix":
        return [node.operator, this.doc(node.argument)];
      case "binary":
        return this.#binary(node, place);
      case "cast":
        return [this.doc(node.value), " as ", typeDoc(node.type)];
      case "conditional":
        return this.#conditional(node);
      case "assignment":
        return this.assign(node.left.flat, ` ${node.operator}`, node.right, { canBreak: false });
      case "object":
        return this.#object(node);
      case "array":
        return this.#array(node.elements, node.flat === undefined);
      case "arrow":
        return this.#arrow(node, false);
    }
  }

  /** `left = value`, broken where prettier breaks it. */
  assign(
    left: Doc,
    operator: string,
    value: Expression,
    how: { readonly key?: string; readonly canBreak: boolean },
  ): Doc {
    const layout = assignmentLayout(value, this.#width, how);
    return assignmentDoc(left, operator, this.doc(value, "assigned"), layout);
  }

  #call({ callee, isNew, args }: Call): Doc {
    const doc = [isNew ? "new " : "", callee.flat, this.#arguments(args)];
    return callee.kind === "member" && !isNew ? group(doc) : doc;
  }

  #arguments(args: readonly Expression[]): Doc {
    const last = args.at(-1);
    if (last === undefined) return "()";
    const docs = args.map((arg) => this.doc(arg, "argument"));
    const separated = join([",", line], docs);
    const allBroken = (): Doc => group(["(", indent([line, ...separated]), ",", line, ")"], true);
    if (isComposition(args)) return allBroken();
    const first = args[0];
    if (args.length === 2 && first?.kind === "arrow" && first.body.kind === "block") return refuse("a function first");
    if (!this.#expandsLast(args, last)) {
      const doc = ["(", indent([softline, ...separated]), ifBreak(","), softline, ")"];
      return group(doc, docs.some(willBreak));
    }
    const heads = separated.slice(0, -1);
    if (heads.some(willBreak)) return allBroken();
    const expanded = last.kind === "arrow" ? this.#arrow(last, true) : (docs.at(-1) ?? "");
    const hugged = ["(", ...heads, group(expanded, true), ")"];
    if (willBreak(expanded)) return [breakParent, firstThatFits([hugged, allBroken()])];
    return firstThatFits([["(", ...heads, expanded, ")"], hugged, allBroken()]);
  }

  /** The last argument opens behind the parenthesis, and what is in it gets the lines. */
  #expandsLast(args: readonly Expression[], last: Expression): boolean {
    if (args.at(-2)?.kind === last.kind) return false;
    switch (last.kind) {
      case "object":
        return last.members.length > 0;
      case "array":
        return last.elements.length > 0 && !(args.length > 1 && last.elements.every(isNumeric));
      case "arrow":
        return /^(block|object|array|call)$/.test(last.body.kind) && !(last.body.kind === "call" && last.body.isNew);
      default:
        return false;
    }
  }

  #binary(node: Binary, place: BinaryPlace): Doc {
    const parts = this.#operands(node, place);
    if (place === "test") return parts;
    if (place === "assigned" || place === "body") return group(parts);
    const [head = "", ...rest] = parts;
    return group([head, indent(rest)]);
  }

  #operands(node: Binary, place: BinaryPlace): Doc[] {
    const { left, right, operator } = node;
    const isChain = left.kind === "binary" && left.operator === operator && operator !== "===";
    const parts = isChain
      ? this.#operands(left, place === "test" ? place : "operand")
      : [group(this.#operand(node, left))];
    const rest: Doc = [operator, line, this.#operand(node, right)];
    // One operation alone is in a group, lest a small right side stand on a line of its own.
    const isLogical = (it: Expression): boolean => it.kind === "binary" && /^(&&|\|\|)$/.test(it.operator);
    const isOwn = (it: Expression): boolean => it.kind === "binary" && isLogical(it) === isLogical(node);
    const isAlone = place !== "operand" && !(place === "test" && isLogical(node)) && !isOwn(left) && !isOwn(right);
    return [...parts, " ", isAlone ? group(rest) : rest];
  }

  #operand(parent: Binary, child: Expression): Doc {
    if (child.kind !== "binary") return this.doc(child);
    const isSame = /^(&&|\|\|)$/.test(child.operator) === /^(&&|\|\|)$/.test(parent.operator);
    const doc = this.#binary(child, isSame ? "operand" : "other");
    return needsParentheses(parent, child) ? ["(", doc, ")"] : doc;
  }

  #conditional({ test, yes, no }: Conditional): Doc {
    if (test.kind === "binary") return refuse("a condition that is an operation");
    const arms = [line, "? ", align(this.doc(yes)), line, ": ", align(this.doc(no))];
    return group([this.doc(test), indent(arms)]);
  }

  #object({ members, isBroken }: ObjectLiteral): Doc {
    if (members.length === 0) return "{}";
    const docs = members.map((member) => lazy(member.flat, 1, () => this.#member(member)));
    return group(["{", indent([line, ...join([",", line], docs)]), ifBreak(","), line, "}"], isBroken);
  }

  #member(member: ObjectMember): Doc {
    if (member.kind === "method") {
      return [member.name, group(parametersDoc(member.parameters)), " ", this.#blockDoc(member.body)];
    }
    const { key, value } = member;
    return value === undefined ? key : this.assign(key, ":", value, { key, canBreak: false });
  }

  #array(elements: readonly Expression[], isBroken: boolean): Doc {
    if (elements.length === 0) return "[]";
    if (elements.every(isNumeric)) return refuse("an array of numbers that may not fit");
    const docs = elements.map((element) => group(this.doc(element)));
    return group(["[", indent([softline, ...join([",", line], docs), ifBreak(",")]), softline, "]"], isBroken);
  }

  /** `isExpanded`: as the last argument that opens behind the parenthesis; then the parameters stay in one line. */
  #arrow({ parameters, body }: Arrow, isExpanded: boolean): Doc {
    const list = parametersDoc(parameters);
    const signature = isExpanded ? parameters.map(({ name }) => name).join(", ") : undefined;
    if (isExpanded && parameters.some(({ type }) => type !== undefined)) return refuse("typed parameters");
    const head = group(signature === undefined ? list : `(${signature})`);
    return group([head, " =>", group(this.#arrowBody(body, isExpanded))]);
  }

  #arrowBody(body: Expression | Block, isExpanded: boolean): Doc {
    if (body.kind === "block") return [" ", this.#blockDoc(body)];
    if (body.kind === "object") return [" (", this.#object(body), ")"];
    if (body.kind === "array") return [" ", this.doc(body)];
    const doc = indent([line, this.doc(body, "body")]);
    return isExpanded ? [doc, ifBreak(","), softline] : doc;
  }
}

function isNumeric(node: Expression): boolean {
  return node.kind === "number" || (node.kind === "prefix" && node.operator === "-" && node.argument.kind === "number");
}

/** A member of a name is one word; one of a member may go to the next line. */
function memberDoc(path: string): Doc {
  const [root = "", ...members] = path.split(/(?=[.[])/);
  if (members.length === 1 && root !== "this") return path;
  return [root, ...members.map((it) => (it.startsWith("[") ? it : group(indent([softline, it]))))];
}
