/**
 * Every change that is reported as a break. A code is never renamed and never used for something else: build scripts
 * filter by it.
 */

/** Meaning of each code. */
export const breakingCodes = {
  // Numbers that a call carries
  "program-removed": "A program is gone: its number is answered with PROG_UNAVAIL.",
  "program-number-changed": "A program has another number.",
  "version-removed": "A version of a program is gone: its number is answered with PROG_MISMATCH.",
  "version-number-changed": "A version has another number.",
  "procedure-removed": "A procedure is gone: its number is answered with PROC_UNAVAIL, or by another procedure.",
  "procedure-number-changed": "A procedure has another number.",

  // Arguments
  "argument-added": "A procedure takes an argument more.",
  "argument-removed": "A procedure takes an argument less.",
  "arguments-reordered": "Arguments with names have changed places.",

  // Structs
  "field-added": "A struct has a field more.",
  "field-removed": "A struct has a field less.",
  "fields-reordered": "Fields have changed places.",

  // Enums
  "enum-value-added": "An enum has a value more, which a strict peer rejects.",
  "enum-value-removed": "An enum has a value less: what is written as such is rejected.",
  "enum-value-changed": "A member of an enum has another value.",

  // Unions
  "case-added": "A union takes a discriminant more.",
  "case-removed": "A union takes a discriminant less.",
  "default-added": "A union takes discriminants that it does not list.",
  "default-removed": "A union rejects discriminants that it does not list.",

  // Types
  "type-changed": "The bytes are of another type.",
  "optional-changed": "A value that was always there is optional, or the other way round.",
  "size-changed": "An array or opaque data of fixed size has another size.",
  "bound-narrowed": "The bound is smaller: what is longer is rejected.",
  "bound-widened": "The bound is larger: what is longer is rejected by those who have the old one.",
  "range-narrowed": "The integer's type holds fewer numbers.",
  "range-widened": "The integer's type holds more numbers.",
  "range-changed": "The integer's type holds other numbers: they are misread.",
  "type-removed": "A type that no procedure uses, and no other type holds, is gone.",
} as const;

export type BreakingCode = keyof typeof breakingCodes;
