/** Splits a source into what the preprocessor treats alike: code, directives and `%` lines. */

export interface Section {
  readonly kind: "code" | "directive" | "passthrough";
  readonly start: number;
  /** Without the end of the line. */
  readonly end: number;
}

/** In the order of the source; code that lies together is one section. Comments belong to the code that they stand in. */
export function* scanSections(text: string): Generator<Section> {
  let codeStart = 0;
  for (let at = 0; at < text.length;) {
    const kind = lineKind(text, at);
    if (kind === "code") {
      at = lineEnd(text, at) + 1;
      continue;
    }
    if (at > codeStart) yield { kind: "code", start: codeStart, end: at };
    const end = kind === "directive" ? directiveEnd(text, at) : passthroughEnd(text, at);
    yield { kind, start: at, end };
    codeStart = end;
    at = end + 1;
  }
  if (text.length > codeStart) yield { kind: "code", start: codeStart, end: text.length };
}

const DIRECTIVE = /[ \t]*#/y;

function lineKind(text: string, at: number): Section["kind"] {
  if (text[at] === "%") return "passthrough";
  DIRECTIVE.lastIndex = at;
  return DIRECTIVE.test(text) ? "directive" : "code";
}

const END_OF_CODE = /\n|\/\*|\/\/|["']/g;

/** Offset of the newline that ends a line of code: one that stands in no comment. */
function lineEnd(text: string, start: number): number {
  for (let at = start; ;) {
    END_OF_CODE.lastIndex = at;
    const match = END_OF_CODE.exec(text);
    if (match === null) return text.length;
    switch (match[0]) {
      case "\n":
        return match.index;
      case "/*":
        at = behind(text, "*/", match.index + 2);
        break;
      case "//":
        return newline(text, match.index);
      default:
        at = behindQuoted(text, match.index);
    }
  }
}

function directiveEnd(text: string, start: number): number {
  const stop = /\r?\n|\\\r?\n|\/\*|\/\//g;
  for (let at = start; ;) {
    stop.lastIndex = at;
    const match = stop.exec(text);
    if (match === null) return text.length;
    if (match[0] === "/*") at = behind(text, "*/", match.index + 2);
    else if (match[0].startsWith("\\")) at = match.index + match[0].length;
    else if (match[0] === "//") return newline(text, match.index);
    else return match.index;
  }
}

/**
 * C's preprocessor runs before rpcgen looks for `%`, so a `\` at the end of such a line takes in the next one, and a
 * comment that begins in it may end lines later.
 */
function passthroughEnd(text: string, start: number): number {
  let end = newline(text, start);
  while (end < text.length && /\\\r?$/.test(text.slice(end - 2, end))) end = newline(text, end + 1);
  const line = text.slice(start, end);
  const open = line.replace(/"(?:[^"\\]|\\.)*"|\/\*.*?\*\//g, (all) => " ".repeat(all.length));
  const comment = /\/\*|\/\//.exec(open);
  if (comment?.[0] !== "/*") return end;
  const close = text.indexOf("*/", start + comment.index + 2);
  return close < 0 ? end : newline(text, close);
}

function newline(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}

function behind(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}

/** Behind the quote that ends what begins at `at`, or behind the first one where it does not end on its line. */
function behindQuoted(text: string, at: number): number {
  const quoted = text[at] === '"' ? /"(?:[^"\\\r\n]|\\.)*"/y : /'(?:[^'\\\r\n]|\\.)*'/y;
  quoted.lastIndex = at;
  return quoted.test(text) ? quoted.lastIndex : at + 1;
}
