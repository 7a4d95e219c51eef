/** What a type is on the wire, whatever the `.x` calls it. */
import type { Span } from "../ast.ts";
import type { Field, Type, TypedefDefinition, UnionDefinition } from "../model.ts";

/** Something that has a type: a field, an argument, an arm. */
export interface Item {
  /** In the `.x`; undefined for an argument without one. */
  readonly name: string | undefined;
  readonly type: Type;
  readonly span: Span;
  /** `READ3args.count` */
  readonly path: string;
}

export const VOID: Type = { kind: "primitive", name: "void" };

/** The type behind typedefs, and the last of them. */
export function behindTypedefs(type: Type): { readonly type: Type; readonly typedef: TypedefDefinition | undefined } {
  let typedef: TypedefDefinition | undefined;
  let current = type;
  while (current.kind === "ref" && current.to.kind === "typedef") {
    typedef = current.to;
    current = typedef.type;
  }
  return { type: current, typedef };
}

/**
 * Types of equal shape take bytes of the same layout, as far as this type alone tells: what is left to compare are bounds,
 * numbers and what they hold. String and opaque data are the same bytes, and so are `T *` and `T<1>`. RFC 4506 section
 * 4.19.
 */
export function shapeOf(type: Type): string {
  const { type: plain } = behindTypedefs(type);
  switch (plain.kind) {
    case "primitive":
      switch (plain.name) {
        case "int64":
        case "uint64":
          return "hyper";
        case "void":
        case "float":
        case "double":
        case "quadruple":
          return plain.name;
        default:
          return "int";
      }
    case "string":
    case "opaque":
      return "bytes";
    case "fixed-opaque":
      return `opaque[${plain.length}]`;
    case "array":
    case "optional":
      return "array";
    case "fixed-array":
      return `array[${plain.length}]`;
    case "ref":
      if (plain.to.kind === "enum") return "int";
      return plain.to.kind === "external" ? `external ${plain.to.name}` : plain.to.kind;
  }
}

export function isAlike(old: { readonly type: Type }, fresh: { readonly type: Type }): boolean {
  return shapeOf(old.type) === shapeOf(fresh.type);
}

/** Steps that flattening takes at most: structs that each hold the one before twice would never end. */
const MAX_STEPS = 4096;
/** Longer arrays of fixed size stay as they are. */
const MAX_ELEMENTS = 64;

/**
 * The items with structs and short fixed arrays dissolved into what they hold, as their bytes are: nothing on the wire
 * tells `struct { int x; int y; }` from two ints. Undefined where that would be too many.
 */
export function flatten(items: readonly Item[]): Item[] | undefined {
  const flat: Item[] = [];
  let steps = 0;
  /** Recursion is bounded as nesting by value is (MAX_NESTING). */
  const visit = (item: Item): boolean => {
    steps += 1;
    if (steps > MAX_STEPS) return false;
    const { type } = behindTypedefs(item.type);
    if (type.kind === "primitive" && type.name === "void") return true;
    if (type.kind === "fixed-opaque" && type.length === 0) return true;
    if (type.kind === "fixed-array" && type.length <= MAX_ELEMENTS) {
      for (let at = 0; at < type.length; at++) if (!visit({ ...item, type: type.element })) return false;
      return true;
    }
    if (type.kind === "ref" && type.to.kind === "struct") {
      const { name, fields } = type.to;
      return fields.every((field) => visit(itemOf(name, field)));
    }
    flat.push(item);
    return true;
  };
  return items.every(visit) ? flat : undefined;
}

export function itemOf(holder: string, { name, type, span }: Field): Item {
  return { name, type, span, path: `${holder}.${name}` };
}

/** What a union over bool holds where it is written as `T *` is: RFC 4506 section 4.19. */
export function heldByOptionalUnion({ discriminant, arms, defaultArm }: UnionDefinition): Type | undefined {
  if (discriminant.base !== "bool") return undefined;
  const armOf = (value: number): { readonly field: Field | undefined } | undefined =>
    arms.find(({ labels }) => labels.some((label) => Number(label.value) === value)) ?? defaultArm;
  const [absent, present] = [armOf(0), armOf(1)];
  return absent !== undefined && absent.field === undefined ? present?.field?.type : undefined;
}

const WORDS = {
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
} as const;

/** A type as the `.x` would write it, without typedefs. */
export function describe(type: Type): string {
  const { type: plain } = behindTypedefs(type);
  switch (plain.kind) {
    case "primitive":
      return WORDS[plain.name];
    case "string":
    case "opaque":
      return `${plain.kind}<${plain.max ?? ""}>`;
    case "fixed-opaque":
      return `opaque[${plain.length}]`;
    case "array":
      return `${named(plain.element)}<${plain.max ?? ""}>`;
    case "fixed-array":
      return `${named(plain.element)}[${plain.length}]`;
    case "optional":
      return `${named(plain.element)} *`;
    case "ref":
      return plain.to.kind === "external" ? plain.to.name : `${plain.to.kind} ${plain.to.name}`;
  }
}

/** An element's type by its name: typedefs of arrays of arrays could go on for ever. */
function named(type: Type): string {
  return type.kind === "ref" ? type.to.name : describe(type);
}
