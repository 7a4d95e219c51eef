import type { Rule } from "./context.ts";

export const versionZero: Rule = ({ model }, report) => {
  for (const program of model.definitions) {
    if (program.kind !== "program") continue;
    for (const { name, number, span } of program.versions) {
      if (number !== 0) continue;
      const message = `version '${name}' has the number 0, which rpcinfo calls to be told which versions there are`;
      report(span, message, { hint: "begin with 1" });
    }
  }
};
