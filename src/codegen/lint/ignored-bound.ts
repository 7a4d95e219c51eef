import { declarations, isWrapString } from "./declarations.ts";
import type { Rule } from "./context.ts";

/** C encodes and decodes such an argument by xdr_wrapstring, which takes no bound. */
export const ignoredBound: Rule = ({ model }, report) => {
  for (const declared of declarations(model)) {
    const { type, what, span } = declared;
    if (type.kind !== "string" || type.max === undefined || !isWrapString(declared)) continue;
    const message = `${what} has the bound ${type.max}, which C peers neither keep nor check`;
    report(span, message, { hint: `they do with a typedef: typedef string name<${type.max}>;` });
  }
};
