/** What the options make of strings and enums: each emitter asks here, and knows nothing of the options itself. */
import { resolveAlias } from "../model-facts.ts";
import type { Type, UnionDefinition } from "../model.ts";
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
