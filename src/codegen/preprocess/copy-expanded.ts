/** Code on its way to the output: what is no macro goes as it stands, so that every place leads back to the source. */
import type { Span } from "../ast.ts";
import { ExpansionError, type Expander } from "./expand.ts";
import type { Macro } from "./macros.ts";
import type { Output } from "./output.ts";
import type { SourceText } from "./source.ts";
import { scanTokens, textOf, type Token } from "./tokens.ts";

/** Where an expansion had to stop. */
export interface ExpansionProblem {
  readonly error: ExpansionError;
  readonly macro: Macro;
  /** The macro's name where it is used. */
  readonly span: Span;
}

/** Copies a stretch of a source with its macros replaced. Behind a problem the rest goes as it stands. */
export function copyExpanded(
  source: SourceText,
  start: number,
  end: number,
  expander: Expander,
  output: Output,
): ExpansionProblem | undefined {
  const tokens = [...scanTokens(source.text, start, end)];
  let copied = start;
  let problem: ExpansionProblem | undefined;
  for (let at = 0; at < tokens.length && problem === undefined;) {
    const token = tokens[at];
    at += 1;
    const macro = token && expander.macroAt(token);
    if (token === undefined || macro === undefined) continue;
    try {
      const use = expandUse(token, tokens, at, expander);
      if (use === undefined) continue;
      at = use.next;
      const last = tokens[at - 1] ?? token;
      const useEnd = last.offset + last.text.length;
      output.copy(source, copied, token.offset);
      const text = padded(source.text, token.offset, useEnd, use.made);
      output.replace(text, source, token.offset, useEnd, { name: macro.name, span: macro.span });
      copied = useEnd;
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      const span = { file: source.path, start: token.offset, end: token.offset + token.text.length };
      problem = { error, macro, span };
    }
  }
  output.copy(source, copied, end);
  return problem;
}

/** What a macro's use becomes, and the first token behind it; undefined where its name stands without arguments. */
function expandUse(
  first: Token,
  tokens: readonly Token[],
  behind: number,
  expander: Expander,
): { made: readonly Token[]; next: number } | undefined {
  let at = behind;
  // What comes out of a macro is looked at again, together with what comes behind it in the source.
  const stack = [first];
  const made: Token[] = [];
  const peek = (): Token | undefined => stack.at(-1) ?? tokens[at];
  const next = (): Token | undefined => stack.pop() ?? tokens[at++];
  for (let token = stack.pop(); token !== undefined; token = stack.pop()) {
    const macro = expander.macroAt(token);
    const replacement = macro && expander.replace(macro, token, next, peek);
    if (replacement === undefined) made.push(token);
    else for (const it of replacement.reverse()) stack.push(it);
  }
  return made.length === 1 && made[0] === first ? undefined : { made, next: at };
}

/** What stands for a macro's use must not run together with its neighbours. */
function padded(text: string, start: number, end: number, tokens: readonly Token[]): string {
  const made = textOf(tokens);
  const before = /\w$/.test(text.charAt(start - 1)) && /^\w/.test(made) ? " " : "";
  const after = /^\w/.test(text.charAt(end)) && /\w$/.test(made.slice(-1)) ? " " : "";
  return before + made + after;
}
