/** TSDoc from the comments of the `.x`, safe against what those hold. */

/** Comment, then the declaration as it stands in the `.x`. `title` goes in front of both. */
export function definitionDoc(title: string | undefined, doc: string | undefined, source: string): string {
  return paragraphs([title, doc === undefined ? undefined : prose(doc), fence(source)]);
}

/** Comment, then the declaration in one line, without the comments inside it. */
export function procedureDoc(doc: string | undefined, source: string): string {
  const text = source
    .replace(/\/\*[^]*?\*\/|\/\/[^\r\n]*/g, " ")
    .replace(/\s+/g, " ")
    .replace(/(?<=\() | (?=[(),;])|;? *$/g, "")
    .trim();
  return paragraphs([doc === undefined ? undefined : prose(doc), `\`${closeless(text)}\``]);
}

/** A comment alone. */
export function prose(doc: string): string {
  const lines = doc.split(/\r\n?|\n/).map((line) => line.replace(/[\\`@{}<>]/g, "\\$&").trimEnd());
  return closeless(lines.join("\n").trim());
}

function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

function fence(source: string): string {
  const text = source.replace(/\r\n?/g, "\n").trimEnd();
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const mark = "`".repeat(longest + 1);
  return `${mark}c\n${closeless(text)}\n${mark}`;
}

/** Nothing may end the comment that the text goes into. */
function closeless(text: string): string {
  return text.replace(/\*\//g, "*\\/");
}
