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

  /** To be called before each text. */
  reset(): void {
    this.#errors = 0;
    this.#searched = 0;
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
    const { expected, actual, previous, ruleName } = options;
    const wanted = expected === EOF ? title(ruleName) : tokenLabel(expected);
    return `expected ${wanted}${after(previous)}, found ${shown(actual)}`;
  }

  buildNotAllInputParsedMessage(options: { firstRedundant: IToken; ruleName: string }): string {
    this.#count();
    return `expected ${title(options.ruleName)}, found ${shown(options.firstRedundant)}`;
  }

  buildNoViableAltMessage(options: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    this.#count();
    const [actual] = options.actual;
    return `expected ${title(options.ruleName)}${after(options.previous)}${actual ? `, found ${shown(actual)}` : ""}`;
  }

  buildEarlyExitMessage(options: { actual: IToken[]; previous: IToken; ruleName: string }): string {
    return this.buildNoViableAltMessage(options);
  }
}

/** The token that was not expected; where it stands on a later line, or is the end, the place behind the one before it. */
export function syntaxErrorPlace(text: string, error: IRecognitionException): { start: number; end: number } {
  const { token } = error;
  const previous = "previousToken" in error ? (error.previousToken as IToken | undefined) : undefined;
  const behind =
    previous && !Number.isNaN(previous.startOffset) ? previous.startOffset + previous.image.length : undefined;
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
export function syntaxHint(error: IRecognitionException): string | undefined {
  const before = "previousToken" in error ? (error.previousToken as IToken | undefined)?.image : undefined;
  const found = error.token.image;
  const isDeclarator = error.context.ruleStack.at(-1) === "declarator";
  const hint = hints.find(([a, b]) => (a === before || (a === "_" && isDeclarator)) && b === found);
  return hint?.[2];
}
