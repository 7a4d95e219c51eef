/** What the front end has to say about a source: codes, places, hints. A diagnostic is data; render-diagnostic.ts makes text of it. */
import type { Span } from "./ast.ts";
import { diagnosticCodes, type DiagnosticCode } from "./diagnostic-codes.ts";
import { MAX_ERRORS } from "./limits.ts";

export type Severity = "error" | "warning";

/** Something to say about a place in a source. */
export interface Finding {
  /** One for each kind of thing to say, in kebab-case; never renamed. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence without a full stop. */
  readonly message: string;
  readonly span: Span;
  /** What would mend it. */
  readonly hint?: string;
  /** Other places that matter, such as the first declaration. */
  readonly notes?: readonly DiagnosticNote[];
}

export interface Diagnostic extends Finding {
  /** {@link diagnosticCodes} lists them. */
  readonly code: DiagnosticCode;
}

export interface DiagnosticNote {
  readonly message: string;
  readonly span: Span;
}

/** Reports one mistake; checks call it and go on. */
export type Report = (
  code: DiagnosticCode,
  span: Span,
  message: string,
  more?: { readonly hint?: string | undefined; readonly notes?: readonly DiagnosticNote[] },
) => void;

/** Collects what the stages report. */
export class Diagnostics {
  readonly #list: Diagnostic[] = [];
  readonly #known = new Set<string>();
  #errors = 0;
  #warnings = 0;

  /** Errors so far, those beyond {@link MAX_ERRORS} included. */
  get errors(): number {
    return this.#errors;
  }

  readonly report: Report = (code, span, message, more = {}) => {
    const { severity } = diagnosticCodes[code];
    // The passes of the preprocessor meet the same mistakes.
    const key = `${span.file}:${span.start}:${span.end}:${code}:${message}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    if (severity === "error") this.#errors += 1;
    else this.#warnings += 1;
    const count = severity === "error" ? this.#errors : this.#warnings;
    if (count > MAX_ERRORS) {
      if (count === MAX_ERRORS + 1) this.#tooMany(span, severity);
      return;
    }
    this.#list.push({
      code,
      severity,
      message,
      span,
      ...(more.hint !== undefined && { hint: more.hint }),
      ...withNotes([...(more.notes ?? []), ...macroNotes(span)]),
    });
  };

  #tooMany(span: Span, severity: Severity): void {
    const message = `more than ${MAX_ERRORS} ${severity}s; the rest are not shown`;
    this.#list.push({ code: `too-many-${severity}s`, severity, message, span });
  }

  /** In the order of the source; what lies in included files comes with a note at the place that includes it. */
  sorted(includedAt: ReadonlyMap<string, Span> = new Map()): Diagnostic[] {
    const last = (diagnostic: Diagnostic): number => (diagnostic.code.startsWith("too-many-") ? 1 : 0);
    const files = [...includedAt.keys()];
    return this.#list
      .toSorted(
        (a, b) =>
          last(a) - last(b) ||
          files.indexOf(a.span.file) - files.indexOf(b.span.file) ||
          a.span.start - b.span.start ||
          a.span.end - b.span.end,
      )
      .map((diagnostic) => {
        const included = includedAt.get(diagnostic.span.file);
        const note = included && { message: "the file is included here", span: included };
        return note ? { ...diagnostic, ...withNotes([...(diagnostic.notes ?? []), note]) } : diagnostic;
      });
  }
}

function withNotes(notes: readonly DiagnosticNote[]): { notes?: readonly DiagnosticNote[] } {
  return notes.length === 0 ? {} : { notes };
}

function macroNotes({ macro }: Span): DiagnosticNote[] {
  return macro?.span ? [{ message: `the text comes from the macro '${macro.name}'`, span: macro.span }] : [];
}
