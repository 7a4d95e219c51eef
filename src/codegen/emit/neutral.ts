/** Neutral values for the samples: zero, nothing, the first of several. */
import type { EnumDefinition, ReferencedType, Type, TypeDefinition, UnionDefinition } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { isBigint, numberArrayForm, stringForm } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { labelLiteral, property } from "./text.ts";

/**
 * Characters of a value that are written out where it stands. A longer one becomes a constant, which those that hold it
 * share: structs that each hold the one before twice would take text exponential in their number.
 */
const MAX_INLINE_LENGTH = 1000;

/** The neutral values of one sample module. */
export class NeutralValues {
  readonly #scope: Scope;
  /** What stands for a definition's value; undefined also while it is being made. */
  readonly #known = new Map<TypeDefinition, string | undefined>();
  readonly #constants = new Map<string, Declaration>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** An expression for a value of the type. */
  of(type: Type): string {
    return this.#value(type) ?? "undefined as never";
  }

  /** The constants that the expressions so far name, each behind those that it names itself. */
  declarations(): Declaration[] {
    return [...this.#constants.values()];
  }

  /** Undefined where every value holds one of the types that are being built. */
  #value(type: Type): string | undefined {
    const array = this.#scope.global("Uint8Array");
    switch (type.kind) {
      case "primitive":
        if (type.name === "void") return "undefined";
        if (type.name === "bool") return "false";
        if (type.name === "quadruple") return `new ${array}(16)`;
        return isBigint(this.#scope, type.name) ? "0n" : "0";
      case "string":
        return stringForm(this.#scope).isBytes ? `new ${array}()` : '""';
      case "opaque":
        return `new ${array}()`;
      case "fixed-opaque":
        return `new ${array}(${type.length})`;
      case "array":
        return this.#typedArray(type.element, "") ?? "[]";
      case "optional":
        return "null";
      case "fixed-array": {
        const typed = this.#typedArray(type.element, String(type.length));
        if (typed !== undefined) return typed;
        const element = this.#value(type.element);
        if (element === undefined) return undefined;
        if (type.length <= 4) return `[${Array.from({ length: type.length }, () => element).join(", ")}]`;
        const result = element.startsWith("{") ? `(${element})` : element;
        return `${this.#scope.global("Array")}.from({ length: ${type.length} }, () => ${result})`;
      }
      case "ref":
        return this.#reference(type.to);
    }
  }

  #typedArray(element: Type, length: string): string | undefined {
    const typed = numberArrayForm(this.#scope, element)?.typed;
    return typed === undefined ? undefined : `new ${this.#scope.global(typed)}(${length})`;
  }

  #reference(definition: ReferencedType): string | undefined {
    // What an external type's values are, only its module knows.
    if (definition.kind === "external") return "undefined as never";
    if (definition.kind === "enum") return this.#member(definition, undefined);
    if (this.#known.has(definition)) return this.#known.get(definition);
    this.#known.set(definition, undefined);
    const text = this.#literal(definition);
    const value = text === undefined || text.length <= MAX_INLINE_LENGTH ? text : this.#constant(definition, text);
    this.#known.set(definition, value);
    return value;
  }

  #constant(definition: TypeDefinition, value: string): string {
    const type = this.#scope.typeNames(definition).type;
    let name = `neutral${type}`;
    while (this.#scope.names.declared.has(name)) name += "_";
    this.#constants.set(name, { kind: "const", name, local: true, type, value });
    return name;
  }

  #literal(definition: Exclude<TypeDefinition, EnumDefinition>): string | undefined {
    if (definition.kind === "typedef") return this.#value(definition.type);
    if (definition.kind === "union") return this.#union(definition);
    const members: string[] = [];
    for (const field of definition.fields) {
      if (field.type.kind === "primitive" && field.type.name === "void") continue;
      const value = this.#value(field.type);
      if (value === undefined) return undefined;
      members.push(property(this.#scope.names.fields.get(field) ?? field.name, value));
    }
    return `{ ${members.join(", ")} }`;
  }

  #union(union: UnionDefinition): string | undefined {
    const { names } = this.#scope;
    const { name, base } = union.discriminant;
    const arms = [
      ...union.arms.map(({ labels, field }) => ({ value: labels[0]?.value ?? 0, field })),
      ...(union.defaultArm === undefined ? [] : [{ value: unlisted(union), field: union.defaultArm.field }]),
    ];
    for (const { value, field } of arms) {
      if (value === undefined) continue;
      const text =
        base === "bool"
          ? String(value === 1)
          : typeof base === "string"
            ? labelLiteral(value, isBigint(this.#scope, base))
            : this.#member(base, value);
      const members = [property(names.discriminants.get(union) ?? name, text)];
      if (field !== undefined) {
        const held = this.#value(field.type);
        if (held === undefined) continue;
        members.push(property(names.fields.get(field) ?? field.name, held));
      }
      return `{ ${members.join(", ")} }`;
    }
    return undefined;
  }

  #member(definition: EnumDefinition, value: number | bigint | undefined): string {
    const member = definition.members.find((it) => value === undefined || it.value === value);
    if (member === undefined) return String(value ?? 0);
    return `${this.#scope.enumObject(definition)}.${member.name}`;
  }
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
