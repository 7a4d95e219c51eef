import { procedures } from "./declarations.ts";
import type { Rule } from "./context.ts";

/** C rpcgen refuses several arguments unless it is called with -N; other tools may have no such flag. */
export const severalArguments: Rule = ({ model }, report) => {
  for (const { procedure } of procedures(model)) {
    if (procedure.args.length < 2) continue;
    const message = `'${procedure.name}' takes ${procedure.args.length} arguments, which C rpcgen takes only with -N`;
    report(procedure.span, message, { hint: "one struct of them has the same bytes" });
  }
};
