/** Types as they show on the wire: typedefs are gone, and what has the same bytes has the same form. RFC 4506 section 4. */
import type { EnumDefinition, ExternalTypeDefinition, StructDefinition, Type, UnionDefinition } from "../model.ts";
import { resolveAlias } from "../model-facts.ts";

export type WireType =
  | { readonly kind: "void" }
  | { readonly kind: "number"; readonly domain: Domain }
  | { readonly kind: "atom"; readonly name: "int64" | "uint64" | "float" | "double" | "quadruple" }
  | { readonly kind: "bytes"; readonly isText: boolean; readonly max: number }
  | { readonly kind: "fixed-bytes"; readonly length: number }
  | { readonly kind: "list"; readonly element: Type; readonly max: number; readonly isOptional: boolean }
  | { readonly kind: "fixed-list"; readonly element: Type; readonly length: number }
  | { readonly kind: "struct"; readonly to: StructDefinition }
  | { readonly kind: "union"; readonly to: UnionDefinition }
  | { readonly kind: "external"; readonly to: ExternalTypeDefinition };

/** Numbers that four bytes may hold. */
export type Domain =
  | { readonly kind: "range"; readonly min: number; readonly max: number }
  | { readonly kind: "set"; readonly values: ReadonlySet<number> };

const RANGES: Readonly<Record<"int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32", readonly [number, number]>> =
  {
    int8: [-(2 ** 7), 2 ** 7 - 1],
    uint8: [0, 2 ** 8 - 1],
    int16: [-(2 ** 15), 2 ** 15 - 1],
    uint16: [0, 2 ** 16 - 1],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  };

const BOOL: Domain = { kind: "set", values: new Set([0, 1]) };

/** What no bound means. */
const MAX_LENGTH = 2 ** 32 - 1;

export function wireType(type: Type): WireType {
  const behind = resolveAlias(type);
  switch (behind.kind) {
    case "primitive":
      return primitive(behind.name);
    case "string":
    case "opaque":
      return { kind: "bytes", isText: behind.kind === "string", max: behind.max ?? MAX_LENGTH };
    case "fixed-opaque":
      return { kind: "fixed-bytes", length: behind.length };
    case "array":
      return { kind: "list", element: behind.element, max: behind.max ?? MAX_LENGTH, isOptional: false };
    case "fixed-array":
      return { kind: "fixed-list", element: behind.element, length: behind.length };
    case "optional":
      // RFC 4506 section 4.19: the same bytes as `T name<1>`.
      return { kind: "list", element: behind.element, max: 1, isOptional: true };
    case "ref": {
      const { to } = behind;
      if (to.kind === "enum") return { kind: "number", domain: domainOf(to) };
      if (to.kind === "typedef") throw new Error(`the typedef '${to.name}' has been resolved`);
      return { kind: to.kind, to } as WireType;
    }
  }
}

export function domainOf(definition: EnumDefinition): Domain {
  return { kind: "set", values: new Set(definition.members.map(({ value }) => value)) };
}

function primitive(name: Extract<Type, { kind: "primitive" }>["name"]): WireType {
  switch (name) {
    case "void":
      return { kind: "void" };
    case "bool":
      return { kind: "number", domain: BOOL };
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "quadruple":
      return { kind: "atom", name };
    default: {
      const [min, max] = RANGES[name];
      return { kind: "number", domain: { kind: "range", min, max } };
    }
  }
}

/** Whether every number of `inner` is one of `outer`. */
export function isWithin(inner: Domain, outer: Domain): boolean {
  if (outer.kind === "range") {
    if (inner.kind === "range") return inner.min >= outer.min && inner.max <= outer.max;
    return [...inner.values].every((value) => value >= outer.min && value <= outer.max);
  }
  return inner.kind === "set" && [...inner.values].every((value) => outer.values.has(value));
}

/** RFC 4506 section 4.19: a union over bool of a value and void has the bytes of the optional value. */
export function asList(wire: WireType): WireType {
  if (wire.kind !== "union") return wire;
  const { discriminant, arms, defaultArm } = wire.to;
  if (discriminant.base !== "bool" || defaultArm) return wire;
  const armOf = (value: number): (typeof arms)[number] | undefined =>
    arms.find(({ labels }) => labels.some((label) => label.value === value));
  const [no, yes] = [armOf(0), armOf(1)];
  if (!no || no.field || !yes?.field) return wire;
  return { kind: "list", element: yes.field.type, max: 1, isOptional: true };
}
