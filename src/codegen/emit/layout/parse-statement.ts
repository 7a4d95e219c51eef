/** Reads statements and declarations. */
import type {
  Block,
  Case,
  ClassMember,
  Expression,
  ForOfStatement,
  ForStatement,
  Signature,
  Statement,
  VariableStatement,
} from "./nodes.ts";
import { ExpressionParser } from "./parse-expression.ts";
import { parseParameters, parsePattern, parseType, parseTypeMembers, takeComments } from "./parse-type.ts";
import { refuse } from "./refusal.ts";
import type { Scanner, Token } from "./scanner.ts";

export class StatementParser {
  readonly #scanner: Scanner;
  readonly #expressions: ExpressionParser;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
    this.#expressions = new ExpressionParser(scanner, () => this.#block());
  }

  /** A statement, declarations among them. A comment on lines of its own counts as one. */
  statement(): Statement {
    const scanner = this.#scanner;
    const { blank, newline, kind, text } = scanner.token;
    if (kind === "comment") {
      if (!newline) return refuse("a comment behind code");
      scanner.take();
      if (!beginsLine(scanner.token)) return refuse("a comment before code");
      return { kind: "comment", text, blank, flat: undefined };
    }
    if (scanner.is("{")) {
      const block = this.#block();
      return { kind: "block-statement", block, blank, flat: block.flat };
    }
    if (kind === "name") {
      const keyword = this.#keyword(text, blank);
      if (keyword !== undefined) return keyword;
    }
    const expression = this.#expressions.expression();
    scanner.expect(";");
    return { kind: "expression", expression, blank, flat: withEnd("", expression) };
  }

  #keyword(text: string, blank: boolean): Statement | undefined {
    const scanner = this.#scanner;
    switch (text) {
      case "const":
      case "let":
        return this.#variable("", blank);
      case "await":
        return scanner.ahead(() => (scanner.take(), scanner.is("using"))) ? this.#variable("", blank) : undefined;
      case "return": {
        scanner.take();
        const value = scanner.is(";") ? undefined : this.#expressions.value();
        scanner.expect(";");
        return { kind: "return", value, blank, flat: value === undefined ? "return;" : withEnd("return ", value) };
      }
      case "break":
        scanner.take();
        scanner.expect(";");
        return { kind: "fixed", blank, flat: "break;" };
      case "if":
        return this.#if(blank);
      case "for":
        return this.#for(blank);
      case "switch":
        return this.#switch(blank);
      case "import":
        return this.#names("import", blank);
      case "export":
        scanner.take();
        return this.#declaration("export ", blank);
      case "async":
      case "function":
      case "class":
      case "interface":
      case "type":
        return this.#declaration("", blank);
      case "do":
      case "while":
      case "throw":
      case "try":
      case "var":
      case "yield":
      case "enum":
      case "declare":
        return refuse(text);
      default:
        return undefined;
    }
  }

  #declaration(prefix: string, blank: boolean): Statement {
    const scanner = this.#scanner;
    if (scanner.is("{") || (scanner.is("type") && scanner.ahead(() => (scanner.take(), scanner.is("{"))))) {
      return this.#names(prefix.trimEnd(), blank);
    }
    if (scanner.is("const")) return this.#variable(prefix, blank);
    if (scanner.takeIf("type")) {
      const head = `${prefix}type ${scanner.name()}`;
      scanner.expect("=");
      const type = parseType(scanner);
      scanner.expect(";");
      const flat = type.flat === undefined ? undefined : `${head} = ${type.flat};`;
      return { kind: "alias", head, type, blank, flat };
    }
    if (scanner.takeIf("interface")) {
      const head = `${prefix}interface ${scanner.name()}`;
      scanner.expect("{");
      const members = parseTypeMembers(scanner);
      return { kind: "interface", head, members, blank, flat: members.length === 0 ? `${head} {}` : undefined };
    }
    if (scanner.takeIf("class")) return this.#class(prefix, blank);
    const async = scanner.takeIf("async") ? "async " : "";
    scanner.expect("function");
    const signature = this.#signature(`${prefix}${async}function ${scanner.name()}`);
    return { kind: "function", signature, blank, flat: undefined };
  }

  /** `import { … } from "…";` or `export type { … };` */
  #names(keyword: string, blank: boolean): Statement {
    const scanner = this.#scanner;
    if (keyword === "import") scanner.expect("import");
    const head = scanner.takeIf("type") ? `${keyword} type` : keyword;
    scanner.expect("{");
    const names: string[] = [];
    while (!scanner.is("}")) {
      const name = scanner.name();
      names.push(scanner.takeIf("as") ? `${name} as ${scanner.name()}` : name);
      if (!scanner.takeIf(",")) break;
    }
    scanner.expect("}");
    let tail = ";";
    if (scanner.takeIf("from")) {
      if (scanner.token.kind !== "string") return refuse("an import from what is no string");
      tail = ` from ${scanner.take().text};`;
    }
    scanner.expect(";");
    const list = names.length === 0 ? "{}" : `{ ${names.join(", ")} }`;
    return { kind: "names", head, names, tail, blank, flat: `${head} ${list}${tail}` };
  }

  #variable(prefix: string, blank: boolean): VariableStatement {
    const variable = this.#variableHead(prefix, blank);
    this.#scanner.expect(";");
    return variable;
  }

  #variableHead(prefix: string, blank: boolean): VariableStatement {
    const scanner = this.#scanner;
    const keyword = scanner.takeIf("await") ? `await ${scanner.name()}` : scanner.name();
    const head = `${prefix}${keyword} `;
    const name = scanner.name();
    const type = scanner.takeIf(":") ? parseType(scanner) : undefined;
    const left = type === undefined ? name : type.flat === undefined ? undefined : `${name}: ${type.flat}`;
    const value = scanner.takeIf("=") ? this.#expressions.value() : undefined;
    const whole = value === undefined ? `${head}${left}` : `${head}${left} = ${value.flat}`;
    const isFlat = left !== undefined && (value === undefined || value.flat !== undefined);
    const flat = isFlat ? `${whole};` : undefined;
    return { kind: "variable", head, name, type, value, blank, flat };
  }

  #if(blank: boolean): Statement {
    const scanner = this.#scanner;
    scanner.expect("if");
    scanner.expect("(");
    const test = this.#expressions.value();
    scanner.expect(")");
    const then = this.statement();
    const otherwise = scanner.takeIf("else") ? this.statement() : undefined;
    if (otherwise !== undefined && (then.kind !== "block-statement" || otherwise.kind !== "block-statement")) {
      return refuse("an else without blocks");
    }
    if (then.kind === "comment") return refuse("a comment behind if");
    const isFlat = otherwise === undefined && test.flat !== undefined && then.flat !== undefined;
    return { kind: "if", test, then, otherwise, blank, flat: isFlat ? `if (${test.flat}) ${then.flat}` : undefined };
  }

  #for(blank: boolean): ForStatement | ForOfStatement {
    const scanner = this.#scanner;
    scanner.expect("for");
    scanner.expect("(");
    if (scanner.is("const")) {
      scanner.take();
      const variable = scanner.is("{") ? parsePattern(scanner) : scanner.name();
      scanner.expect("of");
      const of = this.#expressions.value();
      scanner.expect(")");
      const body = this.#body();
      const isFlat = of.flat !== undefined && body.flat !== undefined;
      const flat = isFlat ? `for (const ${variable} of ${of.flat}) ${body.flat}` : undefined;
      return { kind: "for-of", variable, of, body, blank, flat };
    }
    const initial = this.#variable("", false);
    const test = scanner.is(";") ? undefined : this.#expressions.value();
    scanner.expect(";");
    const update = scanner.is(")") ? undefined : this.#expressions.value();
    scanner.expect(")");
    const body = this.#body();
    const tests = test === undefined ? "" : test.flat;
    const updates = update === undefined ? "" : update.flat;
    const isFlat =
      initial.flat !== undefined && tests !== undefined && updates !== undefined && body.flat !== undefined;
    const rest = `${tests === "" ? "" : " "}${tests};${updates === "" ? "" : " "}${updates}`;
    const flat = isFlat ? `for (${initial.flat}${rest}) ${body.flat}` : undefined;
    return { kind: "for", initial, test, update, body, blank, flat };
  }

  #body(): Statement {
    const body = this.statement();
    return body.kind === "comment" ? refuse("a comment behind for") : body;
  }

  #switch(blank: boolean): Statement {
    const scanner = this.#scanner;
    scanner.expect("switch");
    scanner.expect("(");
    const value = this.#expressions.value();
    scanner.expect(")");
    scanner.expect("{");
    const cases: Case[] = [];
    while (!scanner.takeIf("}")) cases.push(this.#case());
    return { kind: "switch", value, cases, blank, flat: undefined };
  }

  #case(): Case {
    const scanner = this.#scanner;
    const { blank } = scanner.token;
    const label = scanner.takeIf("default") ? "default:" : this.#label();
    scanner.expect(":");
    const { token } = scanner;
    const comment = token.kind === "comment" && !token.newline ? scanner.take().text : undefined;
    if (comment?.startsWith("//") === false) return refuse("a comment in a case");
    const statements: Statement[] = [];
    while (!scanner.is("case") && !scanner.is("default") && !scanner.is("}")) statements.push(this.statement());
    return { blank, label, comment, statements };
  }

  #label(): string {
    this.#scanner.expect("case");
    const { flat } = this.#expressions.value();
    return flat === undefined ? refuse("a label that breaks") : `case ${flat}:`;
  }

  #class(prefix: string, blank: boolean): Statement {
    const scanner = this.#scanner;
    const name = scanner.name();
    scanner.expect("extends");
    const head = `${prefix}class ${name} extends ${scanner.name()}`;
    scanner.expect("{");
    const members: ClassMember[] = [];
    while (!scanner.takeIf("}")) {
      const { blank: isBlank } = scanner.token;
      const comments = takeComments(scanner);
      const isStatic = scanner.is("static") && scanner.ahead(() => (scanner.take(), !scanner.is("(")));
      if (isStatic) scanner.take();
      const signature = this.#signature(`${isStatic ? "static " : ""}${scanner.name()}`);
      members.push({ comments, blank: isBlank, signature });
    }
    return { kind: "class", head, members, blank, flat: members.length === 0 ? `${head} {}` : undefined };
  }

  #signature(head: string): Signature {
    const scanner = this.#scanner;
    const parameters = parseParameters(scanner);
    scanner.expect(":");
    const isGuard = scanner.token.kind === "name" && scanner.ahead(() => (scanner.take(), scanner.is("is")));
    const returnsHead = isGuard ? `${scanner.take().text} ${scanner.take().text} ` : "";
    const returns = parseType(scanner);
    return { head, parameters, returnsHead, returns, body: this.#block() };
  }

  #block(): Block {
    const scanner = this.#scanner;
    scanner.expect("{");
    const statements: Statement[] = [];
    while (!scanner.takeIf("}")) statements.push(this.statement());
    return { kind: "block", statements, flat: statements.length === 0 ? "{}" : undefined };
  }
}

function beginsLine({ newline, kind }: Token): boolean {
  return newline || kind === "end";
}

function withEnd(head: string, { flat }: Expression): string | undefined {
  return flat === undefined ? undefined : `${head}${flat};`;
}
