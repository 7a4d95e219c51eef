/** What a rule works with. A rule reports and goes on; it never throws. */
import type * as ast from "../ast.ts";
import type { DiagnosticNote, Finding } from "../diagnostics.ts";
import type { Model } from "../model.ts";
import type { LintCode } from "./lint-codes.ts";

/** A doubt: what is no mistake, and may be meant. */
export interface Doubt extends Finding {
  /** lint-codes.ts lists them. */
  readonly code: LintCode;
  readonly severity: "warning";
}

/** Reports what a rule is for. */
export type ReportDoubt = (
  span: ast.Span,
  message: string,
  more?: { readonly hint?: string; readonly notes?: readonly DiagnosticNote[] },
) => void;

export interface LintContext {
  /** Of the file alone: included files are looked at where they are inputs themselves. */
  readonly specification: ast.Specification;
  readonly model: Model;
}

export type Rule = (context: LintContext, report: ReportDoubt) => void;
