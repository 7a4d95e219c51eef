/** Typedefs: an alias and a codec. */
import type { TypedefDefinition } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc } from "./doc.ts";
import { decodeItem, encodeItem } from "./item.ts";
import type { Scope } from "./scope.ts";
import { method } from "./struct.ts";
import { typeText } from "./types.ts";

export function emitTypedef(scope: Scope, definition: TypedefDefinition): Declaration[] {
  const names = scope.typeNames(definition);
  const slot = { access: "value", type: definition.type, place: names.type };
  const { statements, expression } = decodeItem(scope, slot, "list");
  return [
    {
      kind: "alias",
      name: names.type,
      type: typeText(scope, definition.type),
      doc: definitionDoc(undefined, definition.doc, definition.source),
    },
    {
      kind: "const",
      name: names.codec,
      type: `${scope.type("xdr", "XdrCodec")}<${names.type}>`,
      value: `{\n${method("encode(w, value)", [encodeItem(scope, slot)])}${method("decode(r)", [
        ...statements,
        `return ${expression};`,
      ])}}`,
    },
  ];
}
