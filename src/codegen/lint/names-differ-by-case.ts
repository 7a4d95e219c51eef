import type { Span } from "../ast.ts";
import type { Model } from "../model.ts";
import type { Rule } from "./context.ts";

interface Named {
  readonly name: string;
  readonly span: Span;
}

/** They are told apart here, and by C; not by people, nor by languages and file systems without case. */
export const namesDifferByCase: Rule = ({ model }, report) => {
  for (const scope of scopes(model)) {
    const first = new Map<string, Named>();
    for (const named of scope) {
      const folded = named.name.toLowerCase();
      const known = first.get(folded);
      if (!known) first.set(folded, named);
      if (!known || known.name === named.name) continue;
      const notes = [{ message: `'${known.name}' is here`, span: known.span }];
      report(named.span, `'${named.name}' and '${known.name}' differ by case alone`, { notes });
    }
  }
};

function* scopes({ definitions }: Model): Generator<readonly Named[]> {
  yield definitions.flatMap((definition): Named[] => {
    if (definition.kind === "enum") return [definition, ...definition.members];
    return definition.kind === "program" ? [definition, ...definition.versions] : [definition];
  });
  for (const definition of definitions) {
    if (definition.kind === "struct") yield definition.fields;
    if (definition.kind === "union") {
      yield [definition.discriminant, ...definition.arms.flatMap(({ field }) => (field ? [field] : []))];
    }
    if (definition.kind === "program") for (const { procedures } of definition.versions) yield procedures;
  }
}
