/** Integers by their bits, as C has them: 0xffffffff of an int is -1. */
import type { DiscriminantBase, IntegerBase } from "./union-cases.ts";

const WIDTHS: Readonly<Record<IntegerBase, readonly [bits: number, isSigned: boolean]>> = {
  // What is shorter than an int is one where C compares it with a case.
  int8: [32, true],
  uint8: [32, true],
  int16: [32, true],
  uint16: [32, true],
  int32: [32, true],
  uint32: [32, false],
  int64: [64, true],
  uint64: [64, false],
};

/** The number that has the same bits; `value` itself where it has more than there are. */
export function samePattern(value: bigint, base: IntegerBase): bigint {
  const [bits, isSigned] = WIDTHS[base];
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return value;
  return isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** What a case label stands for. An enum is an int. */
export function labelPattern(value: bigint, base: DiscriminantBase): bigint {
  if (base === "bool") return value;
  return samePattern(value, typeof base === "object" ? "int32" : base);
}
