/** What the AST's builders share: the text, the comments, and how to make spans. */
import type { CstNode, IToken } from "chevrotain";
import type { Span } from "./ast.ts";
import { dedentLines, type Comments } from "./comments.ts";
import type { Report } from "./diagnostics.ts";
import type { ParseInput } from "./parse.ts";

export class AstContext {
  readonly text: string;
  readonly input: ParseInput;
  readonly comments: Comments;
  readonly report: Report;

  constructor(input: ParseInput, comments: Comments, report: Report) {
    this.text = input.text;
    this.input = input;
    this.comments = comments;
    this.report = report;
  }

  spanOf(start: number, end: number): Span {
    return this.input.spanOf(start, end);
  }

  /** Span, comment and text of a node; `brace` is its opening brace, behind which its comment may stand. */
  documented(node: CstNode, brace?: IToken): { span: Span; doc: string | undefined; source: string } {
    const { start, end } = offsets(node);
    const code = this.text[end - 1] === ";" ? this.text.slice(start, end - 1).trimEnd() : this.text.slice(start, end);
    const isLong = code.includes("\n");
    const behind = isLong ? brace && brace.startOffset + 1 : start + code.length;
    return {
      span: this.spanOf(start, end),
      // -1 is the end of no token.
      doc: this.comments.find(start, behind ?? -1),
      source: dedent(this.input.originalOf(start, end)),
    };
  }
}

function offsets(node: CstNode): { start: number; end: number } {
  const { startOffset = 0, endOffset = 0 } = node.location ?? {};
  return { start: startOffset, end: endOffset + 1 };
}

export function nodeSpan(context: AstContext, node: CstNode): Span {
  const { start, end } = offsets(node);
  return context.spanOf(start, end);
}

export function tokenSpan(context: AstContext, token: IToken): Span {
  return context.spanOf(token.startOffset, token.startOffset + token.image.length);
}

/** The one child where the grammar demands it. Only whole definitions are built, so a miss is a defect of the builder. */
export function only<T>(children: readonly T[] | undefined): T {
  const child = children?.[0];
  if (child === undefined) throw new Error("the syntax tree lacks a child that the grammar demands");
  return child;
}

/** Takes off the indentation of the line that the text begins on, too. */
function dedent({ text, start, end }: { text: string; start: number; end: number }): string {
  let lineStart = start;
  while (lineStart > 0 && (text[lineStart - 1] === " " || text[lineStart - 1] === "\t")) lineStart -= 1;
  const isFirstOnLine = lineStart === 0 || text[lineStart - 1] === "\n";
  const lines = text.slice(isFirstOnLine ? lineStart : start, end).split(/\r?\n/);
  return dedentLines(lines.map((line) => line.trimEnd()))
    .join("\n")
    .trim();
}
