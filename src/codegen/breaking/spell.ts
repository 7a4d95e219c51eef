/** Types in messages, as a `.x` spells them. */
import type { Type } from "../model.ts";

const PRIMITIVES: Readonly<Record<Extract<Type, { kind: "primitive" }>["name"], string>> = {
  void: "void",
  int8: "char",
  uint8: "unsigned char",
  int16: "short",
  uint16: "unsigned short",
  int32: "int",
  uint32: "unsigned int",
  int64: "hyper",
  uint64: "unsigned hyper",
  bool: "bool",
  float: "float",
  double: "double",
  quadruple: "quadruple",
};

export function spell(type: Type): string {
  switch (type.kind) {
    case "primitive":
      return PRIMITIVES[type.name];
    case "string":
    case "opaque":
      return `${type.kind}<${type.max ?? ""}>`;
    case "fixed-opaque":
      return `opaque[${type.length}]`;
    case "array":
      return `${spell(type.element)}<${type.max ?? ""}>`;
    case "fixed-array":
      return `${spell(type.element)}[${type.length}]`;
    case "optional":
      return `${spell(type.element)} *`;
    case "ref":
      return type.to.kind === "typedef" || type.to.kind === "external"
        ? type.to.name
        : `${type.to.kind} ${type.to.name}`;
  }
}

export function spellAll(types: readonly Type[]): string {
  return types.length === 0 ? "nothing" : types.map(spell).join(", ");
}
