/** Preprocessing tokens: what macros are made of and look for. */

export interface Token {
  readonly kind: "name" | "number" | "quoted" | "other";
  readonly text: string;
  /** Offset in the text that was scanned. */
  readonly offset: number;
  /** White space or a comment stands before it. */
  readonly spaced: boolean;
  /** Macros that must not be replaced in it any more: it came out of them. */
  readonly hidden?: ReadonlySet<string>;
}

/** White space and comments; a name; a number of any spelling; a quoted text; C's signs of several characters; any other one. */
const PATTERN =
  /((?:\s|\/\*[^]*?\*\/|\/\/[^\r\n]*|\\\r?\n)+)|([A-Za-z_]\w*)|(\.?\d(?:[eEpP][+-]|[\w.])*)|("(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')|(##|[-+*/%&|^<>=!]=|\+\+|--|->|&&|\|\||<<=?|>>=?|[^])/y;

/** The tokens of a stretch of text. An unterminated comment ends the scan: the lexer reports it. */
export function* scanTokens(text: string, start = 0, end: number = text.length): Generator<Token> {
  let spaced = false;
  for (let at = start; at < end;) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (match === null) return;
    const [all, space, name, number, quoted] = match;
    if (space !== undefined) {
      spaced = true;
    } else {
      if (all === "/" && text[at + 1] === "*") return;
      const kind =
        name !== undefined ? "name" : number !== undefined ? "number" : quoted !== undefined ? "quoted" : "other";
      yield { kind, text: all, offset: at, spaced };
      spaced = false;
    }
    at += all.length;
  }
}

/** The text of tokens, with one space where there was any, and where two would run together. */
export function textOf(tokens: readonly Token[]): string {
  let text = "";
  let last = "";
  for (const token of tokens) {
    const runsOn = /\w$/.test(last) && /^\w/.test(token.text);
    text += (text !== "" && (token.spaced || runsOn) ? " " : "") + token.text;
    last = token.text;
  }
  return text;
}
