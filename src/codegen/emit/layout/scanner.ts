/** The tokens of a module's text, as far as our emitters use the language: no regular expressions, ASCII outside comments. */
import { refuse } from "./refusal.ts";

export interface Token {
  /** `unknown`: of no form that is laid out here. */
  readonly kind: "name" | "number" | "string" | "template" | "comment" | "mark" | "unknown" | "end";
  /** As prettier writes it. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether it begins a line. */
  readonly newline: boolean;
  /** Whether there is an empty line before it. */
  readonly blank: boolean;
}

const NAME = /[A-Za-z_$][\w$]*/y;
const NUMBER = /(?:0x[0-9a-f]+|0|[1-9]\d*)n?(?![\w.])/iy;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const TEMPLATE = /`(?:[^`\\]|\\.)*`/y;
/** With names and members of names in its places: prettier leaves it as it is. */
const PLAIN_TEMPLATE = /^`(?:[^$\\\n]|\$\{[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\})*`$/;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const MARK = /=>|===|!==|>=|<=|&&|\|\||\+\+|--|\+=|[{}()[\]<>;,.:?=|&+*!-]/y;

/** What a token can be, by its first character. */
const FORMS: readonly (readonly [Token["kind"], RegExp] | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const first = String.fromCharCode(code);
  if (/[A-Za-z_$]/.test(first)) return ["name", NAME];
  if (/\d/.test(first)) return ["number", NUMBER];
  if (first === '"') return ["string", STRING];
  if (first === "`") return ["template", TEMPLATE];
  if (first === "/") return ["comment", COMMENT];
  return ["mark", MARK];
});

const ASCII = /^[\n\x20-\x7e]*$/;

/** Goes through a text token by token; `token` is the one that is looked at. */
export class Scanner {
  readonly text: string;
  readonly #start: number;
  token: Token;
  /** Where the token that was last taken ends. */
  end: number;

  constructor(text: string, start = 0) {
    this.text = text;
    this.#start = start;
    this.end = start;
    this.token = this.#scan(start);
  }

  /** Gives the token, and goes on to the next. */
  take(): Token {
    const { token } = this;
    this.end = token.end;
    this.token = this.#scan(token.end);
    return token;
  }

  /** Whether the token is this mark or name. */
  is(text: string): boolean {
    const { kind } = this.token;
    return this.token.text === text && (kind === "mark" || kind === "name");
  }

  /** Takes the token if it is this mark or name. */
  takeIf(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  expect(text: string): Token {
    if (!this.is(text)) refuse(`${text} expected, not ${this.token.text}`);
    return this.take();
  }

  name(): string {
    if (this.token.kind !== "name") refuse(`a name expected, not ${this.token.text}`);
    return this.take().text;
  }

  /** Looks ahead: what `look` takes is not taken. */
  ahead<T>(look: () => T): T {
    const { token, end } = this;
    const result = look();
    this.token = token;
    this.end = end;
    return result;
  }

  /** The width of other letters is not one column each. */
  #unknown(start: number, end: number, newline: boolean, blank: boolean): Token {
    return { kind: "unknown", text: this.text.slice(start, end), start, end, newline, blank };
  }

  #scan(from: number): Token {
    const { text } = this;
    let start = from;
    let lines = 0;
    for (; ; start++) {
      const code = text.charCodeAt(start);
      if (code === 10) lines++;
      else if (code !== 32) break;
    }
    const newline = lines > 0 || from === this.#start;
    const blank = lines > 1;
    if (start >= text.length) return { kind: "end", text: "", start, end: start, newline, blank };
    const form = FORMS[text.charCodeAt(start)];
    if (form === undefined) return this.#unknown(start, start + 1, newline, blank);
    const [kind, expression] = form;
    expression.lastIndex = start;
    if (!expression.test(text)) return this.#unknown(start, start + 1, newline, blank);
    const end = expression.lastIndex;
    const written = text.slice(start, end);
    const isKnown =
      kind === "comment" || (ASCII.test(written) && (kind !== "template" || PLAIN_TEMPLATE.test(written)));
    if (!isKnown) return this.#unknown(start, end, newline, blank);
    return {
      kind,
      text: kind === "string" ? quoted(written) : kind === "number" ? written.toLowerCase() : written,
      start,
      end,
      newline,
      blank,
    };
  }
}

/** In the quotes of which it holds fewer itself, double ones by default. */
function quoted(literal: string): string {
  const doubles = literal.split('\\"').length - 1;
  const singles = literal.split("'").length - 1;
  if (doubles <= singles) return literal;
  const text = literal
    .slice(1, -1)
    .replace(/\\(.)|'/g, (all, escaped?: string) => (escaped === '"' ? '"' : all === "'" ? "\\'" : all));
  return `'${text}'`;
}
