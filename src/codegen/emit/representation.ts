/** What the options make of strings, enums, hypers and arrays: each emitter asks here, and knows nothing of the options itself. */
import { resolveAlias } from "../model-facts.ts";
import type { PrimitiveName, Type, UnionDefinition } from "../model.ts";
import type { StringStyle } from "./options.ts";
import type { Scope } from "./scope.ts";

interface StringForm {
  /** Of writers and readers. */
  readonly method: "string" | "latin1" | "opaque";
  /** For a string without a bound. */
  readonly codec: string;
  readonly isBytes: boolean;
}

const STRING_FORMS: Readonly<Record<StringStyle, StringForm>> = {
  utf8: { method: "string", codec: "stringCodec", isBytes: false },
  latin1: { method: "latin1", codec: "latin1Codec", isBytes: false },
  bytes: { method: "opaque", codec: "opaqueCodec", isBytes: true },
};

/** How strings are written and read, and which type they have. */
export function stringForm(scope: Scope): StringForm {
  return STRING_FORMS[scope.options.strings];
}

/** Whether an enum takes numbers that are none of its members. */
export function hasOpenEnums(scope: Scope): boolean {
  return scope.options.enums === "open";
}

/** Whether a discriminant can be a number that its type does not list. */
export function isOpenDiscriminant(scope: Scope, base: UnionDefinition["discriminant"]["base"]): boolean {
  return typeof base === "object" ? hasOpenEnums(scope) : base !== "bool";
}

/** The type behind typedefs, as it is written and read: an open enum is an integer like any other. */
export function wireType(scope: Scope, type: Type): Type {
  const behind = resolveAlias(type);
  if (behind.kind !== "ref" || behind.to.kind !== "enum" || !hasOpenEnums(scope)) return behind;
  return { kind: "primitive", name: "int32" };
}

/** The name of a primitive type's methods and codec. */
export type WireName = PrimitiveName | "safeInt64" | "safeUint64";

/** How a primitive type is written and read. */
export function wireName(scope: Scope, name: PrimitiveName): WireName {
  if (!isBigint(scope, name)) {
    if (name === "int64") return "safeInt64";
    if (name === "uint64") return "safeUint64";
  }
  return name;
}

/** Whether the values of a primitive type are bigints. */
export function isBigint(scope: Scope, name: PrimitiveName): boolean {
  return (name === "int64" || name === "uint64") && scope.options.hyper === "bigint";
}

/** An array of numbers that one call writes or reads. */
export interface NumberArrayForm {
  /** Of writers and readers. */
  readonly method: string;
  /** The global class of typed arrays; undefined where it is a plain array. */
  readonly typed: string | undefined;
}

const PLAIN_METHODS: Partial<Record<WireName, string>> = {
  int32: "int32s",
  uint32: "uint32s",
  float: "floats",
  double: "doubles",
};

const TYPED_ARRAYS: Partial<Record<WireName, NumberArrayForm>> = {
  int32: { method: "int32Array", typed: "Int32Array" },
  uint32: { method: "uint32Array", typed: "Uint32Array" },
  int64: { method: "bigInt64Array", typed: "BigInt64Array" },
  uint64: { method: "bigUint64Array", typed: "BigUint64Array" },
  float: { method: "float32Array", typed: "Float32Array" },
  double: { method: "float64Array", typed: "Float64Array" },
};

/** How an array of the element is written and read, where one call does it. */
export function numberArrayForm(scope: Scope, element: Type): NumberArrayForm | undefined {
  const behind = resolveAlias(element);
  if (behind.kind !== "primitive") return undefined;
  const name = wireName(scope, behind.name);
  const typed = scope.options.arrays === "typed" ? TYPED_ARRAYS[name] : undefined;
  if (typed !== undefined) return typed;
  const method = PLAIN_METHODS[name];
  return method === undefined ? undefined : { method, typed: undefined };
}
