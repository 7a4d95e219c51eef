/** The documents of statements and declarations, as prettier makes them. */
import { type Doc, canBreak, group, hardline, ifBreak, indent, join, lazy, line, softline } from "./doc.ts";
import { aliasDoc } from "./doc-assignment.ts";
import { ExpressionDocs } from "./doc-expression.ts";
import { commentDoc, memberDoc, parametersDoc, patternDoc, typeDoc } from "./doc-type.ts";
import type {
  Block,
  Case,
  ClassMember,
  ForOfStatement,
  ForStatement,
  IfStatement,
  ReturnStatement,
  Signature,
  Statement,
  SwitchStatement,
  TypeMember,
  VariableStatement,
} from "./nodes.ts";
import { refuse } from "./refusal.ts";

export class StatementDocs {
  readonly #expressions: ExpressionDocs;

  /** `width` is in columns. */
  constructor(width: number) {
    this.#expressions = new ExpressionDocs(width, (block) => this.#block(block));
  }

  /** Mostly the statement's one line; the document only where that does not fit. */
  doc(statement: Statement): Doc {
    return lazy(statement.flat, 0, () => this.#broken(statement));
  }

  #broken(it: Statement): Doc {
    switch (it.kind) {
      case "comment":
        return commentDoc(it.text);
      case "fixed":
        return it.flat;
      case "expression":
        return [this.#expressions.doc(it.expression), ";"];
      case "variable":
        return group([this.#variable(it), ";"]);
      case "return":
        return this.#return(it);
      case "if":
        return this.#if(it);
      case "for":
        return this.#for(it);
      case "for-of":
        return group([
          "for (const ",
          variableDoc(it),
          " of ",
          this.#expressions.doc(it.of),
          ")",
          this.#clause(it.body),
        ]);
      case "switch":
        return this.#switch(it);
      case "block-statement":
        return this.#block(it.block);
      case "names":
        return [it.head, " ", namesDoc(it.names), it.tail];
      case "alias":
        return [aliasDoc(it.head, it.type), ";"];
      case "interface":
        return [it.head, " ", interfaceBody(it.members)];
      case "function":
        return this.#signature(it.signature);
      case "class":
        return [it.head, " ", this.#classBody(it.members)];
    }
  }

  /** Without what ends it. */
  #variable({ head, name, type, value }: VariableStatement): Doc {
    if (value?.kind === "arrow") return refuse("a function in a variable");
    const left = type === undefined ? name : [name, ": ", typeDoc(type)];
    if (value === undefined) return [head, left];
    return [head, this.#expressions.assign(left, " =", value, { canBreak: canBreak(left) })];
  }

  #return({ value }: ReturnStatement): Doc {
    if (value === undefined) return "return;";
    if (value.kind !== "binary") return ["return ", this.#expressions.doc(value), ";"];
    const operation = this.#expressions.doc(value, "body");
    return ["return", group([ifBreak(" (", " "), indent([softline, operation]), softline, ifBreak(")")]), ";"];
  }

  #if({ test, then, otherwise }: IfStatement): Doc {
    const condition = group([indent([softline, this.#expressions.doc(test, "test")]), softline]);
    const first = group(["if (", condition, ")", this.#clause(then)]);
    return otherwise === undefined ? first : [first, " else", group(this.#clause(otherwise))];
  }

  #for({ initial, test, update, body }: ForStatement): Doc {
    const clauses: Doc[] = [
      group(this.#variable(initial)),
      ";",
      line,
      test === undefined ? "" : this.#expressions.doc(test, "body"),
      ";",
      update === undefined ? "" : [line, this.#expressions.doc(update)],
    ];
    return group(["for (", group([indent([softline, ...clauses]), softline]), ")", this.#clause(body)]);
  }

  /** A statement within another. */
  #clause(body: Statement): Doc {
    if (body.kind === "block-statement") return [" ", this.#block(body.block)];
    return indent([line, this.#broken(body)]);
  }

  #switch({ value, cases }: SwitchStatement): Doc {
    const head = group(["switch (", indent([softline, this.#expressions.doc(value)]), softline, ")"]);
    const docs = cases.map((it, index) => [index > 0 && it.blank ? hardline : "", this.#case(it)]);
    return [head, " {", cases.length === 0 ? "" : indent([hardline, join(hardline, docs)]), hardline, "}"];
  }

  #case({ label, comment, statements }: Case): Doc {
    // Prettier puts a comment behind all that the line holds.
    const end = comment === undefined ? "" : ` ${comment.trimEnd()}`;
    const [only] = statements;
    if (only?.kind === "block-statement" && statements.length === 1) {
      const { block } = only;
      if (block.statements.length === 0) return [`${label} {}`, end];
      return [`${label} {`, end, indent([hardline, this.list(block.statements)]), hardline, "}"];
    }
    return [label, end, statements.length === 0 ? "" : indent([hardline, this.list(statements)])];
  }

  #signature({ head, parameters, returnsHead, returns, body }: Signature): Doc {
    if (returns.kind === "object" && parameters.length === 1) return refuse("a function that returns an object type");
    const signature = group([parametersDoc(parameters), ": ", returnsHead, typeDoc(returns)]);
    return [head, signature, " ", this.#block(body)];
  }

  #classBody(members: readonly ClassMember[]): Doc {
    if (members.length === 0) return "{}";
    const docs = members.map(({ comments, blank, signature }, index) => [
      index > 0 && blank ? hardline : "",
      comments.map((comment) => [commentDoc(comment), hardline]),
      this.#signature(signature),
    ]);
    return ["{", indent([hardline, ...join(hardline, docs)]), hardline, "}"];
  }

  #block({ statements }: Block): Doc {
    if (statements.length === 0) return "{}";
    return ["{", indent([hardline, this.list(statements)]), hardline, "}"];
  }

  /** Statements one below the other, with the empty lines that the text has between them. */
  list(statements: readonly Statement[]): Doc {
    return statements.map((statement, index) => {
      const gap = index === 0 ? "" : statement.blank ? [hardline, hardline] : hardline;
      return [gap, this.doc(statement)];
    });
  }
}

function variableDoc({ variable }: ForOfStatement): Doc {
  return variable.startsWith("{") ? patternDoc(variable) : variable;
}

function namesDoc(names: readonly string[]): Doc {
  if (names.length === 0) return "{}";
  if (names.length === 1) return ["{ ", ...names, " }"];
  return group(["{", indent([line, ...join([",", line], names)]), ifBreak(","), line, "}"]);
}

function interfaceBody(members: readonly TypeMember[]): Doc {
  if (members.length === 0) return "{}";
  const docs = members.map((member, index) => [index > 0 && member.blank ? hardline : "", memberDoc(member), ";"]);
  return ["{", indent([hardline, ...join(hardline, docs)]), hardline, "}"];
}
