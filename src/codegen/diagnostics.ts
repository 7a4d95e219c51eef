/** What the front end has to say about a source: codes, places, hints. A diagnostic is data; render-diagnostic.ts makes text of it. */
import type { Span } from "./ast.ts";
import { diagnosticCodes, type DiagnosticCode } from "./diagnostic-codes.ts";
import { MAX_ERRORS } from "./limits.ts";

export type Severity = "error" | "warning";

export interface Diagnostic {
  /** One for each kind of mistake, in kebab-case; never renamed. {@link diagnosticCodes} lists the front end's. */
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
  #errors = 0;

  /** Errors so far, those beyond {@link MAX_ERRORS} included. */
  get errors(): number {
    return this.#errors;
  }

  readonly report: Report = (code, span, message, more = {}) => {
    const { severity } = diagnosticCodes[code];
    if (severity === "error") this.#errors += 1;
    if (this.#errors > MAX_ERRORS + 1) return;
    if (this.#errors > MAX_ERRORS) {
      if (severity === "error") this.#tooMany(span);
      return;
    }
    this.#list.push({
      code,
      severity,
      message,
      span,
      ...(more.hint !== undefined && { hint: more.hint }),
      ...(more.notes && { notes: more.notes }),
    });
  };

  #tooMany(span: Span): void {
    const message = `more than ${MAX_ERRORS} errors; the rest are not shown`;
    this.#list.push({ code: "too-many-errors", severity: "error", message, span });
  }

  /** In the order of the source. */
  sorted(): Diagnostic[] {
    const last = (diagnostic: Diagnostic): number => (diagnostic.code === "too-many-errors" ? 1 : 0);
    return this.#list.toSorted((a, b) => last(a) - last(b) || a.span.start - b.span.start || a.span.end - b.span.end);
  }
}
