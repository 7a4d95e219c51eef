/** Wording and place of syntax errors. */
import type { IParserErrorMessageProvider, IRecognitionException, IToken } from "chevrotain";
import { EOF, tokenLabel } from "../../grammar/chevrotain.ts";
import { Identifier } from "../../grammar/tokens.ts";
import { MAX_RECOVERY_SEARCH, MAX_SYNTAX_ERRORS } from "./limits.ts";

/** What a rule stands for, to a person. */
const ruleTitles: Readonly<Record<string, string>> = {
  specification: "a definition (const, enum, struct, union, typedef or program)",
  definition: "a definition (const, enum, struct, union, typedef or program)",
  type_def: "a type definition",
  declaration: "a declaration",
  declarator: "'[' or '<'",
  value: "a number or the name of a constant",
  type_specifier: "a type",
  integer_type: "an integer type",
  c_integer: "an integer type",
  qualified_name: "a name",
  enum_type_spec: "'{' or a name",
  struct_type_spec: "'{' or a name",
  union_type_spec: "'switch' or a name",
  struct_body: "a declaration",
  union_body: "'case'",
  case_spec: "'case'",
  proc_type: "a type",
};

function title(ruleName: string): string {
  return ruleTitles[ruleName] ?? `a ${ruleName.replaceAll("_", " ")}`;
}

function shown(token: IToken): string {
  if (token.tokenType === EOF) return "the end of the file";
  const isKeyword = token.tokenType !== Identifier && token.tokenType.LONGER_ALT === Identifier;
  const text = token.image.length > 40 ? `${token.image.slice(0, 40)}…` : token.image;
  return isKeyword ? `the keyword '${text}'` : `'${text}'`;
}

function after(previous: IToken | undefined): string {
  return previous && previous.image !== "" ? ` after ${shown(previous)}` : "";
}

/** Thrown through the parser, which passes on what it does not know, once a text has more errors, or takes more search, than {@link MAX_SYNTAX_ERRORS} and {@link MAX_RECOVERY_SEARCH} say. */
export class TooManySyntaxErrors extends Error {}

export class SyntaxMessages implements IParserErrorMessageProvider {
  #errors = 0;
  #searched = 0;
  #tokens: readonly IToken[] = [];

  /** To be called before each text, with all of its tokens. */
  reset(tokens: readonly IToken[]): void {
    this.#errors = 0;
    this.#searched = 0;
    this.#tokens = tokens;
  }

  #after(token: IToken | undefined): string {
    return token ? after(tokenBefore(this.#tokens, token)) : "";
  }

  /** To be called for each token that recovery looks at. */
  countSearch(): void {
    this.#searched += 1;
    if (this.#searched > MAX_RECOVERY_SEARCH) throw new TooManySyntaxErrors();
  }

  #count(): void {
    this.#errors += 1;
    if (this.#errors > MAX_SYNTAX_ERRORS) throw new TooManySyntaxErrors();
  }

  buildMismatchTokenMessage(options: {
    expected: Parameters<IParserErrorMessageProvider["buildMismatchTokenMessage"]>[0]["expected"];
    actual: IToken;
    previous: IToken;
    ruleName: string;
  }): string {
    this.#count();
    const { expected, actual, ruleName } = options;
    const wanted = expected === EOF ? title(ruleName) : tokenLabel(expected);
    return `expected ${wanted}${this.#after(actual)}, found ${shown(actual)}`;
  }

  buildNotAllInputParsedMessage(options: { firstRedundant: IToken; ruleName: string }): string {
    this.#count();
    return `expected ${title(options.ruleName)}, found ${shown(options.firstRedundant)}`;
  }

  buildNoViableAltMessage(options: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    this.#count();
    const [actual] = options.actual;
    return `expected ${title(options.ruleName)}${this.#after(actual)}${actual ? `, found ${shown(actual)}` : ""}`;
  }

  buildEarlyExitMessage(options: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    return this.buildNoViableAltMessage(options);
  }
}

/**
 * The token in front of one, or of the end. Not the parser's own word for it: where that searches for a place to go on before
 * it tells of an error, it means the last one that it has skipped.
 */
export function tokenBefore(tokens: readonly IToken[], token: IToken): IToken | undefined {
  // The end, which the parser puts behind the tokens, has no offset.
  const offset = Number.isNaN(token.startOffset) ? Infinity : token.startOffset;
  let low = 0;
  for (let high = tokens.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((tokens[middle]?.startOffset ?? NaN) < offset) low = middle + 1;
    else high = middle;
  }
  return tokens[low - 1];
}

/** The token that was not expected; where it stands on a later line, or is the end, the place behind `previous`, the one before it. */
export function syntaxErrorPlace(
  text: string,
  error: IRecognitionException,
  previous: IToken | undefined,
): { start: number; end: number } {
  const { token } = error;
  const behind = previous && previous.startOffset + previous.image.length;
  const atEnd = Number.isNaN(token.startOffset);
  const laterLine = behind !== undefined && !atEnd && text.slice(behind, token.startOffset).includes("\n");
  if (atEnd || (laterLine && error.message.startsWith("expected ';'"))) {
    const start = behind ?? text.trimEnd().length;
    return { start, end: start };
  }
  return { start: token.startOffset, end: token.startOffset + token.image.length };
}

/** By what stands before the unexpected token, `_` for anything, and by that token: what people meant. */
const hints: readonly (readonly [before: string, found: string, hint: string])[] = [
  ["(", ")", "a procedure without arguments takes 'void'"],
  ["long", "long", "an integer of 64 bits is a 'hyper'"],
  ["long", "double", "16 bytes of floating point are a 'quadruple'"],
  ["struct", "*", "a definition has no '*' before its name; for a pointer: typedef struct name *pointer;"],
  [",", "}", "there is no comma behind the last one"],
  [";", ";", "delete one of them"],
  ["_", "{", "a type that is used where it is defined has no name; or define it by itself, and use its name here"],
];

/** What would mend the error, where its tokens tell. */
export function syntaxHint(error: IRecognitionException, previous: IToken | undefined): string | undefined {
  const before = previous?.image;
  const found = error.token.image;
  const isDeclarator = error.context.ruleStack.at(-1) === "declarator";
  const hint = hints.find(([a, b]) => (a === before || (a === "_" && isDeclarator)) && b === found);
  return hint?.[2];
}
