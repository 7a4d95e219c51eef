/** What a peer may make as long as it likes: 4 GiB, which only the receiver's own limits end. */
import { isWrapString, type Declared, declarations } from "./declarations.ts";
import type { LintContext, ReportDoubt, Rule } from "./context.ts";

type Kind = "string" | "opaque" | "array";

const TITLES: Readonly<Record<Kind, string>> = { string: "a string", opaque: "opaque data", array: "an array" };

function unbounded(kind: Kind): Rule {
  return ({ model }: LintContext, report: ReportDoubt) => {
    for (const declared of declarations(model)) {
      const { type, what, span } = declared;
      if (type.kind !== kind || type.max !== undefined || isWrapString(declared)) continue;
      report(span, `${what} is ${TITLES[kind]} without a bound`, { hint: hintFor(declared) });
    }
  };
}

function hintFor({ name = "name", procedure }: Declared): string {
  return procedure ? "give it one by a typedef: typedef string name<255>;" : `give it one: ${name}<255>`;
}

export const unboundedString: Rule = unbounded("string");
export const unboundedOpaque: Rule = unbounded("opaque");
export const unboundedArray: Rule = unbounded("array");
