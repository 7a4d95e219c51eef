/** The TypeScript types of values. */
import type { PrimitiveName, Type } from "../model.ts";
import { isBigint, numberArrayForm, stringForm } from "./representation.ts";
import type { Scope } from "./scope.ts";

const PRIMITIVE_TYPES: Readonly<Record<Exclude<PrimitiveName, "quadruple">, string>> = {
  void: "void",
  int8: "number",
  uint8: "number",
  int16: "number",
  uint16: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  uint64: "number",
  bool: "boolean",
  float: "number",
  double: "number",
};

/** A type in TypeScript. */
export function typeText(scope: Scope, type: Type): string {
  switch (type.kind) {
    case "primitive":
      if (type.name === "quadruple") return scope.global("Uint8Array");
      return isBigint(scope, type.name) ? "bigint" : PRIMITIVE_TYPES[type.name];
    case "string":
      return stringForm(scope).isBytes ? scope.global("Uint8Array") : "string";
    case "opaque":
    case "fixed-opaque":
      return scope.global("Uint8Array");
    case "array":
    case "fixed-array": {
      const typed = numberArrayForm(scope, type.element)?.typed;
      if (typed !== undefined) return scope.global(typed);
      const element = typeText(scope, type.element);
      return type.element.kind === "optional" ? `(${element})[]` : `${element}[]`;
    }
    case "optional":
      return `${typeText(scope, type.element)} | null`;
    case "ref":
      return scope.typeNames(type.to).type;
  }
}
