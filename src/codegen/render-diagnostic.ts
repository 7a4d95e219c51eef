/** A diagnostic as text: `file:line:column`, the source line, the span underlined, notes and a hint. */
import type { Span } from "./ast.ts";
import type { Finding, Severity } from "./diagnostics.ts";
import { type Position, SourceText, type SourceTexts } from "./preprocess/source.ts";

export interface RenderOptions {
  /** Whether to colour the text with ANSI escapes. Default: no. */
  readonly color?: boolean;
}

/** Where a span begins, as editors count it, and as line markers in the source have it. */
export function positionOf(span: Span, texts: SourceTexts): Position {
  return textOf(span, texts).position(span.start);
}

function textOf(span: Span, texts: SourceTexts): SourceText {
  return texts.get(span.file) ?? new SourceText(span.file, "");
}

/** Renders one diagnostic, without a newline at its end. `texts` are those that its spans point into. */
export function renderDiagnostic(diagnostic: Finding, texts: SourceTexts, options: RenderOptions = {}): string {
  const paint = options.color ? inColor : plain;
  const { severity, message, code, span, notes = [], hint } = diagnostic;
  const head = `${heading(texts, span, severity, paint)} ${paint(printable(message), "bold")} [${code}]`;
  const parts = [head, ...excerpt(texts, span, severity, paint)];
  for (const note of notes) {
    parts.push(`${heading(texts, note.span, "note", paint)} ${printable(note.message)}`);
    parts.push(...excerpt(texts, note.span, "note", paint));
  }
  if (hint !== undefined) parts.push(`${paint("hint:", "hint")} ${printable(hint)}`);
  return parts.join("\n");
}

/** Renders all diagnostics, with an empty line between them and a newline at the end; "" where there are none. */
export function renderDiagnostics(
  diagnostics: readonly Finding[],
  texts: SourceTexts,
  options: RenderOptions = {},
): string {
  const rendered = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, texts, options));
  return rendered.length === 0 ? "" : `${rendered.join("\n\n")}\n`;
}

type Style = Severity | "note" | "hint" | "bold";
type Paint = (text: string, style: Style) => string;

const escapes: Readonly<Record<Style, string>> = {
  error: "\x1b[1;31m",
  warning: "\x1b[1;35m",
  note: "\x1b[1;36m",
  hint: "\x1b[1;32m",
  bold: "\x1b[1m",
};
const plain: Paint = (text) => text;
const inColor: Paint = (text, style) => `${escapes[style]}${text}\x1b[0m`;

function heading(texts: SourceTexts, span: Span, style: Style, paint: Paint): string {
  const { file, line, column } = positionOf(span, texts);
  return `${paint(`${printable(file)}:${line}:${column}:`, "bold")} ${paint(`${style}:`, style)}`;
}

/** Longer lines are cut around the span: minified or generated input has lines of a megabyte. */
const MAX_COLUMNS = 160;
const CUT_BEFORE = 40;

/** The first line of the span, and the line that underlines it. Nothing where the line is empty. */
function excerpt(texts: SourceTexts, span: Span, style: Style, paint: Paint): string[] {
  const source = textOf(span, texts);
  const { text, lines } = source;
  const line = lines.lineOf(span.start);
  const end = lines.end(line);
  const lineStart = lines.start(line);
  const start = Math.min(span.start, end);
  const from = start - lineStart > MAX_COLUMNS - CUT_BEFORE ? start - CUT_BEFORE : lineStart;
  const to = Math.min(end, from + MAX_COLUMNS);
  if (from === to) return [];
  const before = displayed(text.slice(from, start), 0);
  const marked = displayed(text.slice(start, Math.max(start, Math.min(span.end, to))), before.width);
  const after = displayed(text.slice(start + marked.length, to), before.width + marked.width);
  const gutter = String(source.position(span.start).line).padStart(5);
  const [left, right] = [from > lineStart ? "…" : "", to < end ? "…" : ""];
  const underline = `^${"~".repeat(Math.max(0, marked.width - 1))}`;
  const padding = " ".repeat(left.length + before.width);
  return [
    `${gutter} | ${left}${before.text}${marked.text}${after.text}${right}`.trimEnd(),
    `${" ".repeat(gutter.length)} | ${padding}${paint(underline, style)}`,
  ];
}

const TAB = 8;

interface Displayed {
  readonly text: string;
  /** Columns that `text` takes on a terminal. */
  readonly width: number;
  /** Length of what it was made from. */
  readonly length: number;
}

/** A piece of a line as a terminal shows it from `column` on, with tabs as spaces. */
function displayed(piece: string, column: number): Displayed {
  let text = "";
  let width = 0;
  for (const character of piece) {
    if (character === "\t") {
      const spaces = TAB - ((column + width) % TAB);
      text += " ".repeat(spaces);
      width += spaces;
    } else {
      const shown = printable(character);
      text += shown;
      width += widthOf(shown);
    }
  }
  return { text, width, length: piece.length };
}

/** Control characters would do to the terminal what they say; lone surrogates and what no one can see would shift the line. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "\ufffd";
  });
}

function widthOf(text: string): number {
  if (/\p{M}/u.test(text)) return 0;
  return /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
    text,
  )
    ? 2
    : 1;
}
