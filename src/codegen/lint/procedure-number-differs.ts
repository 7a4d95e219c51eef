import type { Procedure } from "../model.ts";
import type { Rule } from "./context.ts";

/** To C the number is a macro of the procedure's name, and the first definition stays. */
export const procedureNumberDiffers: Rule = ({ model }, report) => {
  for (const program of model.definitions) {
    if (program.kind !== "program") continue;
    const first = new Map<string, Procedure>();
    for (const procedure of program.versions.flatMap(({ procedures }) => procedures)) {
      const { name, number, span } = procedure;
      const known = first.get(name);
      if (!known) first.set(name, procedure);
      if (!known || known.number === number) continue;
      report(span, `'${name}' has the number ${number} here and ${known.number} before: C peers use ${known.number}`, {
        hint: "give it a name of its own in each version",
        notes: [{ message: `it has the number ${known.number} here`, span: known.span }],
      });
    }
  }
};
