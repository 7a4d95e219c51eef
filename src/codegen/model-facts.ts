/** Facts that follow from the model alone. */
import type { Field, ReferencedType, StructDefinition, Type, TypeDefinition } from "./model.ts";

/** The type behind typedefs. */
export function resolveAlias(type: Type): Type {
  let current = type;
  while (current.kind === "ref" && current.to.kind === "typedef") current = current.to.type;
  return current;
}

/**
 * Sizes by definition. The model never changes once built, so this only spares work: without it, types that each hold
 * the one before twice would take time exponential in their number.
 */
interface Sizes {
  readonly fixed: number | undefined;
  readonly minimum: number;
}
const sizesOfDefinition = new WeakMap<TypeDefinition, Sizes>();

/**
 * Bytes that every value of `type` takes on the wire (RFC 4506 section 4); undefined where values differ. Unions always
 * count as differing. The size of a type that no message can hold (2^53 bytes or more) is undefined, too.
 */
export function fixedSize(type: Type): number | undefined {
  return sizes(type).fixed;
}

/** Bytes that a value of `type` takes at least; 2^53 - 1 at most. A reader bounds counts of elements by it. */
export function minimumSize(type: Type): number {
  return sizes(type).minimum;
}

function sizes(type: Type): Sizes {
  switch (type.kind) {
    case "primitive":
      return fixed(primitiveSize(type.name));
    case "fixed-opaque":
      return fixed(Math.ceil(type.length / 4) * 4);
    case "fixed-array": {
      const element = sizes(type.element);
      return {
        fixed: element.fixed === undefined ? undefined : bounded(element.fixed * type.length),
        minimum: clamped(element.minimum * type.length),
      };
    }
    case "string":
    case "opaque":
    case "array":
    case "optional":
      return { fixed: undefined, minimum: 4 };
    case "ref":
      return definitionSizes(type.to);
  }
}

/**
 * Recursion is bounded: chains longer than MAX_NESTING are errors. A type that holds itself by value does so through a
 * union, whose size is not fixed; what it takes at least is then a lower bound, its discriminant at least.
 */
function definitionSizes(definition: ReferencedType): Sizes {
  if (definition.kind === "external") return { fixed: undefined, minimum: definition.minimumBytes };
  const known = sizesOfDefinition.get(definition);
  if (known) return known;
  const atLeast = definition.kind === "union" ? minimumSize(definition.discriminant.type) : 0;
  sizesOfDefinition.set(definition, { fixed: undefined, minimum: atLeast });
  const found = measure(definition);
  sizesOfDefinition.set(definition, found);
  return found;
}

function measure(definition: TypeDefinition): Sizes {
  switch (definition.kind) {
    case "enum":
      return fixed(4);
    case "typedef":
      return sizes(definition.type);
    case "struct": {
      const fields = definition.fields.map((field) => sizes(field.type));
      const fixedSum = fields.reduce<number>((sum, field) => sum + (field.fixed ?? NaN), 0);
      return {
        fixed: Number.isNaN(fixedSum) ? undefined : bounded(fixedSum),
        minimum: clamped(fields.reduce((sum, field) => sum + field.minimum, 0)),
      };
    }
    case "union": {
      const arms = [...definition.arms, ...(definition.defaultArm ? [definition.defaultArm] : [])];
      const least = arms.reduce((least, { field }) => Math.min(least, armMinimum(field)), Infinity);
      const tag = minimumSize(definition.discriminant.type);
      return { fixed: undefined, minimum: clamped(tag + (least === Infinity ? 0 : least)) };
    }
  }
}

function armMinimum(field: Field | undefined): number {
  return field ? minimumSize(field.type) : 0;
}

function fixed(size: number): Sizes {
  return { fixed: size, minimum: size };
}

function bounded(size: number): number | undefined {
  return size <= Number.MAX_SAFE_INTEGER ? size : undefined;
}

function clamped(size: number): number {
  return Math.min(size, Number.MAX_SAFE_INTEGER);
}

function primitiveSize(name: Extract<Type, { kind: "primitive" }>["name"]): number {
  switch (name) {
    case "void":
      return 0;
    case "int64":
    case "uint64":
    case "double":
      return 8;
    case "quadruple":
      return 16;
    default:
      return 4;
  }
}

/** The last field of a struct where it is a pointer to that struct, also through typedefs. */
export function findListField(struct: StructDefinition): Field | undefined {
  const last = struct.fields.at(-1);
  const type = last && resolveAlias(last.type);
  if (type?.kind !== "optional") return undefined;
  const element = resolveAlias(type.element);
  return element.kind === "ref" && element.to === struct ? last : undefined;
}

/** The definition that a type names, through arrays and pointers. */
export function namedType(type: Type): ReferencedType | undefined {
  let current = type;
  while (current.kind === "array" || current.kind === "fixed-array" || current.kind === "optional")
    current = current.element;
  return current.kind === "ref" ? current.to : undefined;
}
