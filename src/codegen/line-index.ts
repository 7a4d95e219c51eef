/** Lines of a text: from offset to line and back, each in logarithmic time. */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #text: string;

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#text = text;
  }

  /** Number of the line that holds `offset`, from 0. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Offset of the first character of a line. */
  start(line: number): number {
    return this.#starts[line] ?? this.#text.length;
  }

  /** Offset behind the last character of a line, without its end of line. */
  end(line: number): number {
    const next = this.#starts[line + 1];
    if (next === undefined) return this.#text.length;
    return this.#text[next - 2] === "\r" ? next - 2 : next - 1;
  }
}
