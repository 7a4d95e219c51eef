import { resolveAlias } from "../model-facts.ts";
import { declarations } from "./declarations.ts";
import type { Rule } from "./context.ts";

/** XDR knows no smaller unit than 4 bytes: who means text or bytes, wants string or opaque. */
export const charArray: Rule = ({ model }, report) => {
  for (const { type, what, name = "name", span } of declarations(model)) {
    if (type.kind !== "array" && type.kind !== "fixed-array") continue;
    const element = resolveAlias(type.element);
    if (element.kind !== "primitive" || (element.name !== "int8" && element.name !== "uint8")) continue;
    const size = type.kind === "array" ? `<${type.max ?? ""}>` : `[${type.length}]`;
    report(span, `each element of ${what} takes 4 bytes on the wire`, { hint: `bytes are: opaque ${name}${size}` });
  }
};
