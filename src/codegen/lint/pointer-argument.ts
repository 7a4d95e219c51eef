import type { Rule } from "./context.ts";

/** The syntax tree knows of the `*`: the model has what C makes of it. */
export const pointerArgument: Rule = ({ specification }, report) => {
  for (const program of specification.definitions) {
    if (program.kind !== "program") continue;
    for (const { name, args } of program.versions.flatMap(({ procedures }) => procedures)) {
      for (const { star, span } of args) {
        if (!star) continue;
        const message =
          args.length === 1
            ? `'${name.text}' takes a pointer, which C sends as what it points to, never as an optional`
            : `'${name.text}' takes a pointer among several arguments, for which C rpcgen makes code that does not compile`;
        const hint = args.length === 1 ? "leave out the *" : "give the optional type a name: typedef T *name;";
        report(span, message, { hint });
      }
    }
  }
};
