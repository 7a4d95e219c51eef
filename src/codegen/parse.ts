/** From text to a concrete syntax tree: runs lexer and parser, and says what they could not read. */
import type { IRecognitionException, IToken } from "chevrotain";
import type { SpecificationCstNode } from "../../grammar/cst.ts";
import { RpclParser } from "../../grammar/parser.ts";
import { lexer } from "../../grammar/tokens.ts";
import type { Span } from "./ast.ts";
import { Comments } from "./comments.ts";
import type { Report } from "./diagnostics.ts";
import { foreignLanguage } from "./foreign-language.ts";
import { LineIndex } from "./line-index.ts";
import { MAX_NESTING } from "./limits.ts";
import { independentErrors } from "./syntax-errors.ts";
import { SyntaxMessages, TooManySyntaxErrors } from "./syntax-messages.ts";

/** What the lexer is given, which the preprocessor made, and how offsets in it become places in files. */
export interface ParseInput {
  readonly text: string;
  spanOf(start: number, end: number): Span;
  /** A stretch as its author wrote it: with the macros that were replaced, say. */
  originalOf(start: number, end: number): { readonly text: string; readonly start: number; readonly end: number };
}

type SpanOf = ParseInput["spanOf"];

export interface ParsedText {
  readonly cst: SpecificationCstNode | undefined;
  readonly comments: Comments;
  /** Offsets of the tokens at which the parser met an error, in ascending order. */
  readonly errorOffsets: readonly number[];
  /** `%` lines, in the order of the text. */
  readonly passthroughs: readonly IToken[];
}

/** Parses a text. Returns no tree where it is not worth a look: binary, or nested too deep. */
export function parse(input: ParseInput, report: Report): ParsedText {
  const { text } = input;
  const spanOf: SpanOf = (start, end) => input.spanOf(start, end);
  const none = { cst: undefined, comments: new Comments(text, [], []), errorOffsets: [], passthroughs: [] };
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    report("binary-file", spanOf(nul, nul + 1), "the file holds NUL bytes: it is not a text");
    return none;
  }
  const { tokens, groups, errors } = lexer.tokenize(text);
  const lines = new LineIndex(text);
  reportStrays(text, errors, lines, spanOf, report);
  const [open] = groups["unterminated"] ?? [];
  if (open) {
    const hint = "close it with '*/'";
    report("unterminated-comment", spanOf(open.startOffset, open.startOffset + 2), "this comment has no end", { hint });
  }
  const deep = tooDeep(tokens);
  if (deep) {
    const message = `brackets are nested more than ${MAX_NESTING} deep`;
    report("nesting-too-deep", spanOf(deep.startOffset, deep.startOffset + deep.image.length), message);
    return none;
  }

  const cst = runParser(tokens);
  if (cst === "too-deep") {
    const { startOffset, image } = deepest(tokens);
    const message = "brackets are nested too deep to go on after a mistake within them";
    report("nesting-too-deep", spanOf(startOffset, startOffset + image.length), message);
    return none;
  }
  const strayLines = new Set(errors.map(({ offset }) => lines.lineOf(offset)));
  // A comment without an end has eaten what the parser misses at the end.
  const syntaxErrors = parser.errors.filter((error) => open === undefined || !atEnd(error));
  for (const { start, end, message, hint } of independentErrors(text, tokens, syntaxErrors, lines, strayLines)) {
    report("syntax", spanOf(start, end), message, { hint, notes: openBefore(start, tokens, spanOf) });
  }
  const comments = new Comments(text, tokens, groups["comments"] ?? []);
  const errorOffsets = parser.errors.map(({ token }) => token.startOffset).filter((offset) => !Number.isNaN(offset));
  return { cst, comments, errorOffsets: errorOffsets.sort((a, b) => a - b), passthroughs: groups["passthrough"] ?? [] };
}

/** To make a parser takes longer than to parse a small file. It keeps nothing from one text to the next but its errors. */
const messages = new SyntaxMessages();
const parser = new RpclParser(messages, () => {
  messages.countSearch();
});

function runParser(tokens: IToken[]): SpecificationCstNode | "too-deep" | undefined {
  messages.reset(tokens);
  parser.input = tokens;
  try {
    return parser.specification() as SpecificationCstNode;
  } catch (error) {
    if (error instanceof TooManySyntaxErrors) return undefined;
    // To go on after a mistake takes more of the stack than nesting does, as much as the mistake lies deep.
    if (error instanceof RangeError) return "too-deep";
    throw error;
  }
}

function atEnd(error: IRecognitionException): boolean {
  return Number.isNaN(error.token.startOffset);
}

/** The bracket that another file leaves open, in whose body a mistake therefore seems to lie. */
function openBefore(offset: number, tokens: readonly IToken[], spanOf: SpanOf): { message: string; span: Span }[] {
  const open: IToken[] = [];
  for (const token of tokens) {
    if (token.startOffset >= offset) break;
    if (token.image === "{" || token.image === "(") open.push(token);
    else if (token.image === "}" || token.image === ")") open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return [];
  const span = spanOf(last.startOffset, last.startOffset + 1);
  if (span.file === spanOf(offset, offset).file) return [];
  return [{ message: `'${last.image}' is still open from here`, span }];
}

function tooDeep(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (token.image === "{" || token.image === "(") {
      depth += 1;
      if (depth > MAX_NESTING) return token;
    } else if (token.image === "}" || token.image === ")") {
      depth = Math.max(0, depth - 1);
    }
  }
  return undefined;
}

/** The bracket that opens the deepest level. */
function deepest(tokens: readonly IToken[]): { startOffset: number; image: string } {
  let [depth, most] = [0, 0];
  let found = { startOffset: 0, image: "" };
  for (const token of tokens) {
    if (token.image === "{" || token.image === "(") {
      depth += 1;
      if (depth > most) [most, found] = [depth, token];
    } else if (token.image === "}" || token.image === ")") {
      depth = Math.max(0, depth - 1);
    }
  }
  return found;
}

/** Characters that text cut from documents and mails brings along, and that no editor shows. */
const invisible: ReadonlyMap<number, string> = new Map([
  [0x00a0, "no-break space"],
  [0x00ad, "soft hyphen"],
  [0x200b, "zero width space"],
  [0x200c, "zero width non-joiner"],
  [0x200d, "zero width joiner"],
  [0x2028, "line separator"],
  [0x2060, "word joiner"],
  [0xfeff, "byte order mark"],
]);

/** One message for each character on a line: quotes come in pairs. */
function reportStrays(
  text: string,
  errors: readonly { offset: number; length: number }[],
  lines: LineIndex,
  spanOf: SpanOf,
  report: Report,
): void {
  let line = -1;
  const reported = new Set<number>();
  for (const { offset, length } of errors) {
    if (lines.lineOf(offset) !== line) reported.clear();
    line = lines.lineOf(offset);
    const codePoint = text.codePointAt(offset) ?? 0;
    if (reported.has(codePoint)) continue;
    reported.add(codePoint);
    const other = foreignLanguage(text.slice(lines.start(line), lines.end(line)));
    reportCharacters(text, offset, length, spanOf, report, other);
  }
}

function reportCharacters(
  text: string,
  offset: number,
  length: number,
  spanOf: SpanOf,
  report: Report,
  otherLanguage: string | undefined,
): void {
  const codePoint = text.codePointAt(offset) ?? 0;
  const hex = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  const known = invisible.get(codePoint);
  const shown = /[\p{L}\p{N}\p{P}\p{S}]/u.test(String.fromCodePoint(codePoint));
  const what = known ? `${hex} (${known})` : shown ? `'${String.fromCodePoint(codePoint)}'` : hex;
  const preprocessor = codePoint === 0x23 || codePoint === 0x25;
  const hint = preprocessor
    ? `a ${what} line begins in column 1`
    : known
      ? "delete it, or put a space there"
      : otherLanguage;
  report("illegal-character", spanOf(offset, offset + length), `illegal character ${what}`, { hint });
}
