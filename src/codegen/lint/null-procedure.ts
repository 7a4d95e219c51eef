import { procedures } from "./declarations.ts";
import type { Rule } from "./context.ts";

/** Clients, portmappers and rpcinfo call procedure 0 to learn whether a service answers. */
export const nullProcedure: Rule = ({ model }, report) => {
  for (const { procedure } of procedures(model)) {
    const { name, number, args, result, span } = procedure;
    const isNull = args.length === 0 && result.kind === "primitive" && result.name === "void";
    if (number !== 0 || isNull) continue;
    const message = `procedure 0, '${name}', takes or gives something: all clients call it to see whether a service answers`;
    report(span, message, { hint: "void NULLPROC(void) = 0; and another number for this one" });
  }
};
