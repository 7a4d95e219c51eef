/** Words that stand for the texts in a declaration, so that declarations of one form are one to their printer. */

/** A letter that no name of a `.x` file holds. */
export const MARK = "\u0298";

/** In the comment that it is the text of, or alone. */
const WORD = new RegExp(`/\\*\\* ${MARK}(\\d+)${MARK} \\*/|${MARK}(\\d+)${MARK}`, "g");

/** The stand-ins of one declaration. */
export class StandIns {
  readonly #texts: string[] = [];

  /** A word for a name, an expression, a type or statements. */
  code(text: string): string {
    return `${MARK}${this.#texts.push(text) - 1}${MARK}`;
  }

  /** A word for the text of a comment. */
  comment(text: string): string {
    return this.code(commentText(text));
  }

  /** The printed declaration, with what the words in it stand for. */
  replaced(printed: string): string {
    return printed.replace(WORD, (_, comment?: string, code?: string) => this.#texts[Number(comment ?? code)] ?? "");
  }
}

function commentText(text: string): string {
  if (!text.includes("\n")) return `/** ${text} */`;
  const lines = text.split("\n").map((line) => ` * ${line}`.trimEnd());
  return `/**\n${lines.join("\n")}\n */`;
}
