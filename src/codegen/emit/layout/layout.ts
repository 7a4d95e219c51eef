/**
 * The layout of a module's text, quickly: what prettier makes of it with its default options, byte for byte. Only the forms
 * that our own emitters write are known here; a piece of any other form goes to prettier.
 */
import { StatementDocs } from "./doc-statement.ts";
import type { Statement } from "./nodes.ts";
import { StatementParser } from "./parse-statement.ts";
import { printDoc } from "./print-doc.ts";
import { Refusal, refuse } from "./refusal.ts";
import { Scanner } from "./scanner.ts";

/** A piece of a module, and how it was laid out: undefined where prettier is to do it. */
export interface Piece {
  readonly text: string;
  readonly laidOut: string | undefined;
  /** Whether an empty line is before it. */
  readonly blank: boolean;
}

/** Cuts a module's text into declarations and comments, and lays out those that it can. `width` is in columns. */
export function layOut(text: string, width: number): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; ;) {
    const piece = nextPiece(text, start, width);
    if (piece === undefined) return pieces;
    pieces.push(piece);
    start = piece.end;
  }
}

/** The statement is at the start of a line. */
function nextPiece(text: string, from: number, width: number): (Piece & { end: number }) | undefined {
  const start = skipSpace(text, from);
  if (start === text.length) return undefined;
  const blank = from > 0 && text.slice(from, start).split("\n").length > 2;
  try {
    const scanner = new Scanner(text, start);
    const statement = new StatementParser(scanner).statement();
    const { end } = scanner;
    return { text: text.slice(start, end), laidOut: layOutStatement(statement, width), blank, end };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const end = endOfUnknown(text, start);
    return { text: text.slice(start, end), laidOut: undefined, blank, end };
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === " " || text.charAt(at) === "\n") at++;
  return at;
}

function layOutStatement(statement: Statement, width: number): string {
  if (statement.kind === "comment" && !isIndentable(statement.text)) return refuse("a comment that stays as it is");
  return printDoc(new StatementDocs(width).doc(statement), width);
}

/** Each line begins with a star, so that prettier indents it anew. */
function isIndentable(comment: string): boolean {
  if (comment.includes("\r")) return false;
  const [, ...lines] = comment.split("\n");
  return lines.every((line) => line.trimStart().startsWith("*"));
}

/** Up to the empty line before the next declaration; to the end where there is none. */
function endOfUnknown(text: string, start: number): number {
  const scanner = new Scanner(text, start);
  let depth = 0;
  while (scanner.token.kind !== "end") {
    const { kind, text: mark } = scanner.take();
    if (kind === "mark" && /^[{([]$/.test(mark)) depth++;
    if (kind === "mark" && /^[})\]]$/.test(mark)) depth--;
    if (depth === 0 && scanner.token.blank) return scanner.end;
  }
  return scanner.end;
}
