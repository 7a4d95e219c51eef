/** Finds the comment that belongs to a piece of the source. Every comment belongs to one piece at most. */
import type { IToken } from "chevrotain";
import { LineIndex } from "./line-index.ts";

/** Comments by the place of the code that they speak of. */
export class Comments {
  /** By the offset of the token that they stand directly before. */
  readonly #leading: ReadonlyMap<number, readonly IToken[]>;
  /** By the end of the token that they stand behind, on its line. */
  readonly #trailing: ReadonlyMap<number, readonly IToken[]>;

  /** Takes tokens and comments in the order of the source. */
  constructor(text: string, tokens: readonly IToken[], comments: readonly IToken[]) {
    const lines = new LineIndex(text);
    const leading = new Map<number, IToken[]>();
    const trailing = new Map<number, IToken[]>();
    let next = 0;
    let group: IToken[] = [];
    let groupLine = -1;
    let groupIsTrailing = false;
    for (const comment of comments) {
      while ((tokens[next]?.startOffset ?? Infinity) < comment.startOffset) {
        next += 1;
        group = [];
      }
      const [before, after] = [tokens[next - 1], tokens[next]];
      const startLine = lines.lineOf(comment.startOffset);
      const endLine = lines.lineOf(endOf(comment));
      const afterLine = after ? lines.lineOf(after.startOffset) : undefined;
      const behindCode = before !== undefined && lines.lineOf(endOf(before)) === startLine;
      // `/* a */ int a; /* b */ int b;`: what stands before code on its line speaks of that code.
      const isTrailing = behindCode && !(afterLine === endLine && after?.image !== "}");
      const last = group.at(-1);
      const goesOn = last !== undefined && startLine - groupLine <= 1 && groupIsTrailing === isTrailing;
      const runsOn =
        last !== undefined && groupIsTrailing && startLine - groupLine === 1 && aligned(lines, last, comment);
      if (goesOn || runsOn) {
        group.push(comment);
      } else {
        group = [comment];
        groupIsTrailing = isTrailing;
        const code = before && isPunctuation(before) ? tokens[next - 2] : before;
        if (isTrailing && code) trailing.set(endOf(code), group);
      }
      groupLine = endLine;
      if (!groupIsTrailing && after && (afterLine ?? Infinity) - endLine <= 1) leading.set(after.startOffset, group);
    }
    this.#leading = leading;
    this.#trailing = trailing;
  }

  /**
   * The comment directly before `start`, then the one behind `end` (and its `,` or `;`) on its line. A piece of several
   * lines has the latter behind its opening brace instead: `brace` is that brace's end.
   */
  find(start: number, end: number, brace?: number): string | undefined {
    const groups = [this.#leading.get(start) ?? [], this.#trailing.get(brace ?? end) ?? []];
    const texts = groups.map((group) => group.map(({ image }) => commentText(image)).join("\n"));
    return texts.filter((text) => text !== "").join("\n\n") || undefined;
  }
}

function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

function isPunctuation(token: IToken): boolean {
  return token.image === "," || token.image === ";";
}

/** `//` comments one below the other are one text. */
function aligned(lines: LineIndex, first: IToken, second: IToken): boolean {
  const column = ({ startOffset }: IToken): number => startOffset - lines.start(lines.lineOf(startOffset));
  return first.image.startsWith("//") && second.image.startsWith("//") && column(first) === column(second);
}

/** A comment's text without its marks, frames and common indentation. */
export function commentText(image: string): string {
  const isLine = image.startsWith("//");
  const inner = isLine ? image.replace(/^\/\/+/, "") : image.slice(2, -2);
  const [first = "", ...rest] = inner.split(/\r?\n/);
  // ` * text`: the star and one space behind it are the frame's, not the text's.
  const bare = rest.map((line) =>
    line
      .replace(/^\s*\*+(?: |$)/, "")
      .replace(/^[*=-]{3,}$/, "")
      .trimEnd(),
  );
  const head = first.replace(/^[*!-]+(?=\s|$)/, "").trim();
  return [head, ...dedentLines(bare)].join("\n").replace(/^\n+/, "").trimEnd();
}

/** Takes off the indentation that all lines share. */
export function dedentLines(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => /\S/.test(line)).map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const indent = indents.reduce((a, b) => Math.min(a, b), Infinity);
  return lines.map((line) => (indent === Infinity ? line.trimEnd() : line.slice(indent)));
}
