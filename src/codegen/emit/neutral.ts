/** Neutral values for the samples: zero, nothing, the first of several. */
import type { EnumDefinition, ReferencedType, Type, TypeDefinition, UnionDefinition } from "../model.ts";
import type { Scope } from "./scope.ts";
import { labelLiteral, property } from "./text.ts";

/** An expression for a value of the type. */
export function neutralValue(scope: Scope, type: Type): string {
  return neutral(scope, type, new Set()) ?? "undefined as never";
}

/** Undefined where every value holds one of the types that are being built. */
function neutral(scope: Scope, type: Type, within: ReadonlySet<TypeDefinition>): string | undefined {
  switch (type.kind) {
    case "primitive":
      if (type.name === "void") return "undefined";
      if (type.name === "bool") return "false";
      if (type.name === "quadruple") return `new ${scope.global("Uint8Array")}(16)`;
      return type.name === "int64" || type.name === "uint64" ? "0n" : "0";
    case "string":
      return '""';
    case "opaque":
      return `new ${scope.global("Uint8Array")}()`;
    case "fixed-opaque":
      return `new ${scope.global("Uint8Array")}(${type.length})`;
    case "array":
      return "[]";
    case "optional":
      return "null";
    case "fixed-array": {
      const element = neutral(scope, type.element, within);
      if (element === undefined) return undefined;
      if (type.length <= 4) return `[${Array.from({ length: type.length }, () => element).join(", ")}]`;
      const result = element.startsWith("{") ? `(${element})` : element;
      return `${scope.global("Array")}.from({ length: ${type.length} }, () => ${result})`;
    }
    case "ref":
      return neutralReference(scope, type.to, within);
  }
}

function neutralReference(
  scope: Scope,
  definition: ReferencedType,
  within: ReadonlySet<TypeDefinition>,
): string | undefined {
  // What an external type's values are, only its module knows.
  if (definition.kind === "external") return "undefined as never";
  if (definition.kind === "enum") return enumValue(scope, definition, undefined);
  if (within.has(definition)) return undefined;
  const inside = new Set([...within, definition]);
  if (definition.kind === "typedef") return neutral(scope, definition.type, inside);
  if (definition.kind === "union") return neutralUnion(scope, definition, inside);
  const members: string[] = [];
  for (const field of definition.fields) {
    if (field.type.kind === "primitive" && field.type.name === "void") continue;
    const value = neutral(scope, field.type, inside);
    if (value === undefined) return undefined;
    members.push(property(scope.names.fields.get(field) ?? field.name, value));
  }
  return `{ ${members.join(", ")} }`;
}

function neutralUnion(scope: Scope, union: UnionDefinition, within: ReadonlySet<TypeDefinition>): string | undefined {
  const arms = [
    ...union.arms.map(({ labels, field }) => ({ value: labels[0]?.value ?? 0, field })),
    ...(union.defaultArm === undefined ? [] : [{ value: unlisted(union), field: union.defaultArm.field }]),
  ];
  for (const { value, field } of arms) {
    if (value === undefined) continue;
    const { base: discriminant } = union.discriminant;
    const text =
      discriminant === "bool"
        ? String(value === 1)
        : typeof discriminant === "string"
          ? labelLiteral(value)
          : enumValue(scope, discriminant, value);
    const members = [property(scope.names.discriminants.get(union) ?? union.discriminant.name, text)];
    if (field !== undefined) {
      const held = neutral(scope, field.type, within);
      if (held === undefined) continue;
      members.push(property(scope.names.fields.get(field) ?? field.name, held));
    }
    return `{ ${members.join(", ")} }`;
  }
  return undefined;
}

/** A discriminant that selects the default arm. */
function unlisted(union: UnionDefinition): number | bigint | undefined {
  const listed = new Set(union.arms.flatMap((arm) => arm.labels.map((label) => label.value)));
  const { base } = union.discriminant;
  if (base === "bool") return [0, 1].find((value) => !listed.has(value));
  if (typeof base !== "string") return base.members.find((member) => !listed.has(member.value))?.value;
  const isWide = base === "int64" || base === "uint64";
  for (let value = 0; ; value++) if (!listed.has(isWide ? BigInt(value) : value)) return isWide ? BigInt(value) : value;
}

function enumValue(scope: Scope, definition: EnumDefinition, value: number | bigint | undefined): string {
  const member = definition.members.find((it) => value === undefined || it.value === value);
  if (member === undefined) return String(value ?? 0);
  return `${scope.enumObject(definition)}.${member.name}`;
}
