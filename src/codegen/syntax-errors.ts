/** Which of the parser's errors are mistakes, and which only follow from those before. */
import type { IRecognitionException, IToken } from "chevrotain";
import { Const, Enum, Program, Struct, Typedef, Union } from "../../grammar/tokens.ts";
import type { LineIndex } from "./line-index.ts";
import { foreignLanguage } from "./foreign-language.ts";
import { syntaxErrorPlace, syntaxHint, tokenBefore } from "./syntax-messages.ts";

export interface SyntaxError {
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/**
 * The errors to report: one a line, and after one from which the parser could not recover within the definition no other
 * until the next definition begins, as far as the layout tells.
 *
 * @param strayLines lines with characters that the lexer has reported and left out; errors there follow from that
 */
export function independentErrors(
  text: string,
  tokens: readonly IToken[],
  errors: readonly IRecognitionException[],
  lines: LineIndex,
  strayLines: ReadonlySet<number>,
): SyntaxError[] {
  const starts = definitionStarts(tokens, lines);
  const seenLines = new Set(strayLines);
  const independent: SyntaxError[] = [];
  let at = 0;
  let hasError = false;
  let isLost = false;
  const placed = errors.map((error) => {
    const previous = tokenBefore(tokens, error.token);
    return { error, previous, place: syntaxErrorPlace(text, error, previous) };
  });
  for (const { error, previous, place } of placed.sort((a, b) => a.place.start - b.place.start)) {
    while ((starts[at] ?? Infinity) <= place.start) {
      at += 1;
      hasError = false;
      isLost = false;
    }
    const line = lines.lineOf(place.start);
    const { ruleStack } = error.context;
    const isOutside = ruleStack.length <= 1;
    if (!isLost && !(hasError && isOutside) && !seenLines.has(line)) {
      const hint = syntaxHint(error, previous) ?? foreignLanguage(text.slice(lines.start(line), lines.end(line)));
      independent.push({ ...place, message: error.message, hint });
    }
    seenLines.add(line);
    hasError = true;
    isLost ||= error.resyncedTokens.length > 0 || ruleStack.length <= 3;
  }
  return independent;
}

const definitionWords: ReadonlySet<unknown> = new Set([Const, Enum, Program, Struct, Typedef, Union]);

/** Offsets of words that seem to begin a definition: first on their line, and no further in than the one before. */
function definitionStarts(tokens: readonly IToken[], lines: LineIndex): number[] {
  const starts: number[] = [];
  let column = Infinity;
  let lastLine = -1;
  for (const { startOffset, tokenType } of tokens) {
    const line = lines.lineOf(startOffset);
    const isFirst = line !== lastLine;
    lastLine = line;
    if (!isFirst || !definitionWords.has(tokenType)) continue;
    const ownColumn = startOffset - lines.start(line);
    if (ownColumn > column) continue;
    column = ownColumn;
    starts.push(startOffset);
  }
  return starts;
}
