/** Where something stands, for other programs. */
import type { Span } from "../ast.ts";
import type { SourceTexts } from "../preprocess/source.ts";

/** Part of the JSON of diagnostics, syntax trees and models: members are added, never renamed. */
export interface PlaceJson {
  /** As line markers in the source have it; else the path of the file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  readonly endLine: number;
  /** Behind the last character. */
  readonly endColumn: number;
  /** The path of the file that `start` and `end` count in, whatever line markers say. */
  readonly source: string;
  /** Offset in UTF-16 code units, from 0, without a byte order mark. */
  readonly start: number;
  /** Behind the last character. */
  readonly end: number;
}

export function placeJson({ file: source, start, end }: Span, texts: SourceTexts): PlaceJson {
  const text = texts.get(source);
  const first = text?.position(start) ?? { file: source, line: 1, column: 1 };
  const last = text?.position(end) ?? first;
  return {
    file: first.file,
    line: first.line,
    column: first.column,
    endLine: last.line,
    endColumn: last.column,
    source,
    start,
    end,
  };
}
