/** `const NAME = value;` */
import type { ConstantDefinition } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc } from "./doc.ts";
import type { Scope } from "./scope.ts";
import { integerLiteral, quote } from "./text.ts";

export function emitConstant(scope: Scope, definition: ConstantDefinition): Declaration[] {
  const { value } = definition;
  const spelling = /=\s*([^\s;]+)\s*;?\s*$/.exec(definition.source)?.[1];
  return [
    {
      kind: "const",
      name: scope.names.constants.get(definition) ?? definition.name,
      value: typeof value === "string" ? quote(value) : integerLiteral(value, spelling),
      doc: definitionDoc(undefined, definition.doc, definition.source),
    },
  ];
}
