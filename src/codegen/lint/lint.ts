/** `--lint`: doubts that are no errors. */
import type { Specification } from "../ast.ts";
import type { Model } from "../model.ts";
import { bareStringCap } from "./bare-string-cap.ts";
import { charArray } from "./char-array.ts";
import type { Doubt, LintContext, Rule } from "./context.ts";
import { ignoredBound } from "./ignored-bound.ts";
import type { LintCode } from "./lint-codes.ts";
import { namesDifferByCase } from "./names-differ-by-case.ts";
import { nullProcedure } from "./null-procedure.ts";
import { pointerArgument } from "./pointer-argument.ts";
import { procedureNumberDiffers } from "./procedure-number-differs.ts";
import { reservedProgramNumber } from "./reserved-program-number.ts";
import { severalArguments } from "./several-arguments.ts";
import { silentDefault } from "./silent-default.ts";
import { unboundedArray, unboundedOpaque, unboundedString } from "./unbounded.ts";
import { versionZero } from "./version-zero.ts";

const rules: Readonly<Record<LintCode, Rule>> = {
  "unbounded-string": unboundedString,
  "unbounded-opaque": unboundedOpaque,
  "unbounded-array": unboundedArray,
  "several-arguments": severalArguments,
  "pointer-argument": pointerArgument,
  "ignored-bound": ignoredBound,
  "bare-string-cap": bareStringCap,
  "procedure-number-differs": procedureNumberDiffers,
  "char-array": charArray,
  "names-differ-by-case": namesDifferByCase,
  "reserved-program-number": reservedProgramNumber,
  "version-zero": versionZero,
  "null-procedure": nullProcedure,
  "silent-default": silentDefault,
};

/** The doubts about a file without errors, in the order of the source; not those about the files that it includes. */
export function lint(specification: Specification, model: Model): Doubt[] {
  const doubts: Doubt[] = [];
  const isOwn = ({ span }: { span: { file: string } }): boolean => span.file === model.file;
  const context: LintContext = {
    specification: { ...specification, definitions: specification.definitions.filter(isOwn) },
    model: { ...model, definitions: model.definitions.filter(isOwn) },
  };
  for (const [code, rule] of Object.entries(rules) as [LintCode, Rule][]) {
    rule(context, (span, message, more = {}) => {
      doubts.push({ code, severity: "warning", message, span, ...more });
    });
  }
  return doubts.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
}
