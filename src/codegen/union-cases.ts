/** What the discriminant of a union can be, and what its labels mean. For the checks and for the model alike. */
import type * as ast from "./ast.ts";
import type { Constants } from "./constants.ts";
import { underlying, type Scope } from "./resolve.ts";

/** Integers that a union can switch on, beside bool. RFC 4506 has int and unsigned int; C rpcgen takes all. */
export type IntegerBase = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64";
export type DiscriminantBase = IntegerBase | "bool" | ast.EnumBody;

/** RFC 4506 section 6.4 (5): an integer, bool, an enum, or a typedef of one of these; undefined for any other type. */
export function discriminantBase(scope: Scope, type: ast.TypeSpecifier): DiscriminantBase | undefined {
  const behind = underlying(scope, type);
  if (behind?.kind === "enum") return behind;
  if (behind?.kind !== "primitive") return undefined;
  const { name } = behind;
  return name === "bool" || isInteger(name) ? name : undefined;
}

function isInteger(name: ast.PrimitiveName): name is IntegerBase {
  return /^u?int/.test(name);
}

/** The member that a label means: by its name, or the first of its value. */
export function memberOf(
  base: ast.EnumBody,
  label: ast.Value,
  value: bigint,
  constants: Constants,
): ast.EnumeratorNode | undefined {
  const { byName, byValue } = constants.membersOf(base);
  const named = label.kind === "name" ? byName.get(label.text) : undefined;
  // Another enum's enumerator may have the name.
  return named && constants.of(named) === value ? named : byValue.get(value);
}

/**
 * Whether `values` are all that a discriminant can be, so that nothing is left for a default. An open enum can be any
 * number.
 */
export function coversAll(
  base: DiscriminantBase,
  values: ReadonlySet<bigint>,
  constants: Constants,
  openEnums: boolean,
): boolean {
  if (base === "bool") return values.has(0n) && values.has(1n);
  if (typeof base === "string") return false;
  return !openEnums && base.members.every((member) => values.has(constants.of(member) ?? -1n));
}
