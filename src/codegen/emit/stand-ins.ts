/** Words that stand for texts while a module is printed, so that its printer has little to go through. */

/** A letter that no name of a `.x` file holds. */
const MARK = "\u0298";

/** In the comment that it is the text of, or alone. */
const WORD = new RegExp(`/\\*\\* ${MARK}(\\d+)${MARK} \\*/|${MARK}(\\d+)${MARK}`, "g");

/** Shorter texts are their own stand-ins. */
const MIN_LENGTH = 24;

/** The stand-ins of one module. */
export class StandIns {
  readonly #texts: string[] = [];

  /** A word for an expression, a type or statements. */
  code(text: string): string {
    return text.length >= MIN_LENGTH || text.includes("\n") || text.includes(MARK) ? this.#word(text) : text;
  }

  /** A word for the text of a comment. */
  comment(text: string): string {
    return this.#word(commentText(text));
  }

  /** The printed text, with what the words in it stand for. */
  replaced(printed: string): string {
    return printed.replace(WORD, (_, comment?: string, code?: string) => this.#texts[Number(comment ?? code)] ?? "");
  }

  #word(text: string): string {
    return `${MARK}${this.#texts.push(text) - 1}${MARK}`;
  }
}

function commentText(text: string): string {
  if (!text.includes("\n")) return `/** ${text} */`;
  const lines = text.split("\n").map((line) => ` * ${line}`.trimEnd());
  return `/**\n${lines.join("\n")}\n */`;
}
