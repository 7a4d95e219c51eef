/** Reads one directive: its name and what stands behind it. */
import type { Span } from "../ast.ts";
import type { Report } from "../diagnostics.ts";
import type { Expander } from "./expand.ts";
import { ExpansionError } from "./expand.ts";
import { evaluate, ExpressionError } from "./expression.ts";
import type { MacroTable } from "./macros.ts";
import type { SourceText } from "./source.ts";
import { scanTokens, type Token } from "./tokens.ts";

export interface Directive {
  readonly kind:
    "condition" | "define" | "undef" | "include" | "error" | "warning" | "line" | "pragma" | "ignored" | "unknown";
  readonly name: string;
  readonly rest: Rest;
  /** From the `#` to the end of the first line. */
  readonly span: Span;
}

const KINDS: Readonly<Record<string, Directive["kind"]>> = {
  define: "define",
  undef: "undef",
  include: "include",
  if: "condition",
  ifdef: "condition",
  ifndef: "condition",
  elif: "condition",
  elifdef: "condition",
  elifndef: "condition",
  else: "condition",
  endif: "condition",
  error: "error",
  warning: "warning",
  line: "line",
  pragma: "pragma",
  // What version control and old compilers put in.
  ident: "ignored",
  sccs: "ignored",
};

/** For messages. */
export const DIRECTIVES: readonly string[] = Object.keys(KINDS).filter((name) => KINDS[name] !== "ignored");

/** Reads the directive that stands from `start` to `end`. */
export function parseDirective(source: SourceText, start: number, end: number): Directive {
  const text = source.text.slice(start, end);
  const [head = "", name = ""] = /^\s*#(?:[ \t]|\/\*[^]*?\*\/)*([A-Za-z_]\w*|(?=\d))?/.exec(text) ?? [];
  const isMarker = name === "" && /\d/.test(text.charAt(head.length));
  const kind = isMarker ? "line" : name === "" ? "ignored" : Object.hasOwn(KINDS, name) ? KINDS[name] : "unknown";
  const from = start + text.indexOf("#");
  const firstLine = source.lines.end(source.lines.lineOf(from));
  return {
    kind: kind ?? "unknown",
    name,
    rest: new Rest(source, start + head.length, end),
    span: { file: source.path, start: from, end: Math.min(end, firstLine) },
  };
}

/** What stands behind a directive's name. */
class Rest {
  readonly #source: SourceText;
  readonly #start: number;
  readonly #end: number;

  constructor(source: SourceText, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  /** In one line, without comments. */
  get text(): string {
    const raw = this.#source.text.slice(this.#start, this.#end);
    return raw
      .replace(/"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|\/\*[^]*?\*\/|\/\/[^\r\n]*|\\\r?\n/g, (all) =>
        /^["']/.test(all) ? all : " ",
      )
      .trimEnd();
  }

  /** As an expression of `#if`. A mistake is reported, and counts as false. */
  evaluate(macros: MacroTable, expander: Expander, report: Report): boolean {
    const { path } = this.#source;
    const tokens = [...scanTokens(this.#source.text, this.#start, this.#end)];
    const here = { file: path, start: this.#start, end: this.#end };
    try {
      return evaluate(expander.expandAll(withoutDefined(tokens, macros))) !== 0n;
    } catch (error) {
      if (!(error instanceof ExpressionError) && !(error instanceof ExpansionError)) throw error;
      const token = error instanceof ExpressionError ? error.token : undefined;
      // A token of a macro has its offset there, not here.
      const own = token && tokens.find((it) => it.offset === token.offset && it.text === token.text);
      const span = own ? { file: path, start: own.offset, end: own.offset + own.text.length } : here;
      report("malformed-condition", span, `this condition can't be evaluated: ${error.message}`);
      return false;
    }
  }
}

/** `defined NAME` and `defined(NAME)` as 1 or 0: before macros are replaced. */
function withoutDefined(tokens: readonly Token[], macros: MacroTable): Token[] {
  const result: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.text !== "defined") {
      result.push(token);
      continue;
    }
    const hasParentheses = tokens[at + 1]?.text === "(";
    const name = tokens[at + (hasParentheses ? 2 : 1)];
    if (name?.kind !== "name" || (hasParentheses && tokens[at + 3]?.text !== ")")) {
      throw new ExpressionError("'defined' needs the name of a macro", token);
    }
    result.push({ ...token, kind: "number", text: macros.find(name.text) === undefined ? "0" : "1" });
    at += hasParentheses ? 3 : 1;
  }
  return result;
}
