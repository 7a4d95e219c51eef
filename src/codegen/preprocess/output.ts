/** What the preprocessor hands to the lexer: one text, and where each piece of it comes from. */
import type { MacroUse, Span } from "../ast.ts";
import type { SourceText } from "./source.ts";

/** A stretch of the output, up to where the next one begins. */
interface Piece {
  /** Where it begins in the output. */
  readonly at: number;
  readonly source: SourceText;
  /** Where it begins in the source. */
  readonly start: number;
  /** Set where the text is a macro's: all of it then comes from `start` to this offset, the macro's use. */
  readonly useEnd: number | undefined;
  readonly macro: MacroUse | undefined;
}

export class Output {
  readonly #texts: string[] = [];
  readonly #pieces: Piece[] = [];
  #length = 0;

  /** Length of the text so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether what comes next begins a line. */
  get endsLine(): boolean {
    return this.#texts.at(-1)?.endsWith("\n") ?? true;
  }

  text(): string {
    return this.#texts.join("");
  }

  /** Adds a stretch of a source as it stands. */
  copy(source: SourceText, start: number, end: number): void {
    if (end <= start) return;
    const last = this.#pieces.at(-1);
    const goesOn =
      last?.source === source && last.useEnd === undefined && last.start + (this.#length - last.at) === start;
    if (!goesOn) this.#pieces.push({ at: this.#length, source, start, useEnd: undefined, macro: undefined });
    this.#add(source.text.slice(start, end));
  }

  /** Adds text that stands for a stretch of a source. */
  replace(text: string, source: SourceText, start: number, end: number, macro?: MacroUse): void {
    if (text === "") return;
    this.#pieces.push({ at: this.#length, source, start, useEnd: end, macro });
    this.#add(text);
  }

  #add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
  }

  /** The place in the sources of a stretch of the output. */
  spanOf(start: number, end: number): Span {
    const first = this.#pieceAt(start);
    if (first === undefined) return { file: "", start: 0, end: 0 };
    const { source, macro } = first;
    const from = first.useEnd === undefined ? first.start + (start - first.at) : first.start;
    const last = end > start ? (this.#pieceAt(end - 1) ?? first) : first;
    // What begins in one file and ends in another is shown where it begins.
    const ownEnd = last.source === source ? this.#end(last, end) : from;
    return { file: source.path, start: from, end: Math.max(from, ownEnd), ...(macro && { macro }) };
  }

  #end(piece: Piece, end: number): number {
    return piece.useEnd ?? piece.start + (end - piece.at);
  }

  /** A stretch as its author wrote it: in a source, where both ends come from one; else in the output, `text`. */
  originalOf(text: string, start: number, end: number): { text: string; start: number; end: number } {
    const [first, last] = [this.#pieceAt(start), this.#pieceAt(end - 1)];
    if (first === undefined || last === undefined || first.source !== last.source) return { text, start, end };
    const span = this.spanOf(start, end);
    if (span.end === span.start) return { text, start, end };
    return { text: first.source.text, start: span.start, end: span.end };
  }

  #pieceAt(offset: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#pieces[middle]?.at ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return this.#pieces[low];
  }
}
