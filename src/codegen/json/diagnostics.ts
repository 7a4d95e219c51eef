/** Diagnostics as JSON, for build tools and editors. */
import type { Finding } from "../diagnostics.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import { type PlaceJson, placeJson } from "./place.ts";

/** Members are added, never renamed; all are there always. What is about no place in a file has nulls for it. */
export type DiagnosticJson = { readonly [K in keyof PlaceJson]: PlaceJson[K] | null } & {
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly notes: readonly (PlaceJson & { readonly message: string })[];
};

const NOWHERE: { readonly [K in keyof PlaceJson]: null } = {
  file: null,
  line: null,
  column: null,
  endLine: null,
  endColumn: null,
  source: null,
  start: null,
  end: null,
};

export function diagnosticJson(finding: Finding, texts: SourceTexts): DiagnosticJson {
  const { severity, code, message, hint, notes, span } = finding;
  return {
    severity,
    code,
    message,
    ...placeJson(span, texts),
    hint: hint ?? null,
    notes: (notes ?? []).map((note) => ({ message: note.message, ...placeJson(note.span, texts) })),
  };
}

/** What is about no place in a file. */
export function messageJson(severity: DiagnosticJson["severity"], code: string, message: string): DiagnosticJson {
  return { severity, code, message, ...NOWHERE, hint: null, notes: [] };
}

/** One JSON array with a line for each, and a newline at the end. */
export function jsonLines(items: readonly unknown[]): string {
  if (items.length === 0) return "[]\n";
  return `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]\n`;
}
