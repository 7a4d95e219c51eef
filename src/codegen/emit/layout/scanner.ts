/** The tokens of a module's text, as far as our emitters use the language: no regular expressions, ASCII outside comments. */
import { refuse } from "./refusal.ts";

export interface Token {
  readonly kind: "name" | "number" | "string" | "template" | "comment" | "mark" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether it begins a line. */
  readonly newline: boolean;
  /** Whether there is an empty line before it. */
  readonly blank: boolean;
}

const NAME = /[A-Za-z_$][\w$]*/y;
const NUMBER = /(?:0x[0-9a-f]+|0|[1-9]\d*)n?(?![\w.])/y;
/** Prettier writes a string as it stands where nothing in it is a quote or escaped. */
const STRING = /"[\x20\x21\x23-\x5b\x5d-\x7e]*"/y;
/** With names and members of names in its places; prettier leaves these as they are. */
const TEMPLATE = /`(?:[\x20-\x23\x25-\x5b\x5d-\x5f\x61-\x7e]|\$\{[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\})*`/y;
const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const MARK = /=>|===|!==|>=|<=|&&|\|\||\+\+|--|\+=|[{}()[\]<>;,.:?=|&+*!-]/y;

const EXPRESSIONS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["name", NAME],
  ["mark", MARK],
  ["number", NUMBER],
  ["string", STRING],
  ["comment", COMMENT],
  ["template", TEMPLATE],
];

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

  #scan(from: number): Token {
    const { text } = this;
    let start = from;
    let lines = 0;
    for (; ; start++) {
      const code = text.charCodeAt(start);
      if (code === 10) lines++;
      else if (code !== 32) break;
    }
    const common = { start, newline: lines > 0 || from === this.#start, blank: lines > 1 };
    if (start >= text.length) return { kind: "end", text: "", end: start, ...common };
    for (const [kind, expression] of EXPRESSIONS) {
      expression.lastIndex = start;
      if (!expression.test(text)) continue;
      const end = expression.lastIndex;
      return { kind, text: text.slice(start, end), end, ...common };
    }
    return refuse(`no token at ${start}`);
  }
}
