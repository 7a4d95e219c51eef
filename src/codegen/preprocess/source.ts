/** A source with its positions: physical ones, and those that line markers (`# 12 "file"`, `#line`) claim. */
import { LineIndex } from "../line-index.ts";

/** A place in a file as editors count it: both from 1, the column in UTF-16 code units. */
export interface Position {
  /** The source's path, or the file that a line marker names. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** From a line of the source on, lines count as those of another file. */
interface LineMark {
  /** Number of the physical line behind the marker, from 0. */
  readonly from: number;
  /** What that line is called, from 1. */
  readonly line: number;
  readonly file: string;
}

/** One text that diagnostics point into. */
export class SourceText {
  readonly path: string;
  readonly text: string;
  #lines: LineIndex | undefined;
  readonly #marks = new Map<number, LineMark>();
  #lastFile: string | undefined;
  /** In ascending order of `from`; undefined where marks have come since. */
  #sorted: readonly LineMark[] | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  get lines(): LineIndex {
    return (this.#lines ??= new LineIndex(this.text));
  }

  /** The line behind `offset` is line `line` of `file`, by default of the file of the mark before. */
  mark(offset: number, line: number, file: string | undefined): void {
    const from = this.lines.lineOf(offset) + 1;
    // Every pass over the source says the same again.
    const known = this.#marks.get(from);
    const mark = { from, line, file: file ?? known?.file ?? this.#lastFile ?? this.path };
    this.#lastFile = mark.file;
    this.#marks.set(from, mark);
    this.#sorted = undefined;
  }

  position(offset: number): Position {
    const physical = this.lines.lineOf(offset);
    const column = offset - this.lines.start(physical) + 1;
    const mark = this.#markOf(physical);
    if (mark === undefined) return { file: this.path, line: physical + 1, column };
    return { file: mark.file, line: mark.line + physical - mark.from, column };
  }

  /** The last mark at or before a line. */
  #markOf(line: number): LineMark | undefined {
    const marks = (this.#sorted ??= [...this.#marks.values()].sort((a, b) => a.from - b.from));
    let low = 0;
    for (let high = marks.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((marks[middle]?.from ?? Infinity) <= line) low = middle + 1;
      else high = middle;
    }
    return marks[low - 1];
  }
}

/** The texts of a run, by the path that spans name. */
export type SourceTexts = ReadonlyMap<string, SourceText>;
