/**
 * Every doubt that `--lint` has. A code is never renamed and never used for something else: build scripts filter by it.
 * None of them is a code of diagnostic-codes.ts. All are warnings. Each has a case in test/lint.
 */
/** Meaning of each code. */
export const lintCodes = {
  // Bounds
  "unbounded-string": "A string without a bound: a peer may send 4 GiB.",
  "unbounded-opaque": "Opaque data without a bound.",
  "unbounded-array": "An array without a bound.",

  // Where C does otherwise than the `.x` says
  "several-arguments": "A procedure with several arguments, which C rpcgen takes only with -N.",
  "pointer-argument": "An argument `T *`, which C sends as plain T, or as an optional among several arguments.",
  "ignored-bound": "The bound of a string that is the only argument, which C ignores.",
  "bare-string-cap": "A bare string as argument or result, of which libtirpc takes 9000 bytes at most.",
  "procedure-number-differs": "A procedure with different numbers in two versions: C uses the first for both.",
  "char-array": "An array of characters or bytes, each of which takes 4 bytes on the wire.",

  // Names and numbers
  "names-differ-by-case": "Two names that differ by case alone.",
  "reserved-program-number": "A program number of a range that is reserved or transient (RFC 5531, section 8.3).",
  "version-zero": "Version 0, which tools call to learn which versions there are.",
  "null-procedure": "A procedure 0 that takes or gives something.",

  // Unions
  "silent-default": "A union of several kinds of value whose default is void: unknown kinds are not noticed.",
} as const;

export type LintCode = keyof typeof lintCodes;
