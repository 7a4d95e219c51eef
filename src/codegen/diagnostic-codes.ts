/**
 * Every code that is reported of a source. A code is never renamed and never used for something else: build scripts and
 * editors filter by it. Each has a case in test/bad.
 */

/** Severity and meaning of each code. */
export const diagnosticCodes = {
  // Reading
  "binary-file": { severity: "error", summary: "The file holds NUL bytes: it is no text." },
  "invalid-utf8": { severity: "warning", summary: "The file is not UTF-8: it is read as Latin-1." },
  "file-too-large": { severity: "error", summary: "The file, with what it includes, is longer than the bound allows." },
  "empty-file": { severity: "warning", summary: "The file defines nothing." },
  "too-many-errors": { severity: "error", summary: "There are more errors than are shown." },
  "too-many-warnings": { severity: "warning", summary: "There are more warnings than are shown." },

  // Tokens
  "illegal-character": { severity: "error", summary: "A character that the RPC language does not have." },
  "unterminated-comment": { severity: "error", summary: "A comment without an end." },
  "malformed-constant": { severity: "error", summary: "A number that is not decimal, octal or hexadecimal." },
  "constant-range": { severity: "error", summary: "A number beyond 64 bits." },
  "wide-constant": { severity: "warning", summary: "A constant beyond 64 bits, which no type can hold." },

  // Preprocessor
  "malformed-directive": { severity: "error", summary: "A line for the preprocessor that it can't read." },
  "malformed-condition": { severity: "error", summary: "The condition of an `#if` that can't be evaluated." },
  "unbalanced-condition": { severity: "error", summary: "An `#if` without its `#endif`, or the other way round." },
  "error-directive": { severity: "error", summary: "An `#error` that was reached." },
  "warning-directive": { severity: "warning", summary: "A `#warning` that was reached." },
  "macro-redefined": { severity: "warning", summary: "A macro that gets another meaning." },
  "macro-arguments": { severity: "error", summary: "The use of a macro has too few or too many arguments, or no end." },
  "macro-too-large": { severity: "error", summary: "Macros that grow beyond the bound." },
  "include-not-found": { severity: "error", summary: "An included file that is not there." },
  "include-loop": { severity: "error", summary: "Files that include each other without end." },
  "pass-difference": {
    severity: "warning",
    summary: "A definition that differs by RPC_HDR, RPC_XDR and the like: that for RPC_XDR is taken.",
  },
  "pass-left-out": {
    severity: "warning",
    summary: "What RPC_HDR and the like select can't be read, and is left out: what RPC_XDR selects can.",
  },

  // Syntax
  syntax: { severity: "error", summary: "The text does not follow the grammar." },
  "nesting-too-deep": { severity: "error", summary: "Types are nested deeper than the bound allows." },

  // Names
  "duplicate-definition": { severity: "error", summary: "Two definitions have the same name." },
  "repeated-definition": { severity: "warning", summary: "A constant or typedef is defined twice, in the same way." },
  "duplicate-member": { severity: "error", summary: "An enum has two members of the same name." },
  "shared-enumerator": {
    severity: "warning",
    summary: "Enums that share an enumerator outside a namespace, which C's compiler refuses.",
  },
  "duplicate-field": { severity: "error", summary: "A struct has two fields of the same name." },
  "unknown-type": { severity: "error", summary: "A type that nothing defines." },
  "not-a-type": { severity: "error", summary: "A name used as a type that is a constant or a program." },
  "wrong-keyword": { severity: "error", summary: "`struct`, `enum` or `union` before a type that is none." },
  "path-name-taken": { severity: "warning", summary: "The name of a nested type was taken, and it got another one." },
  "name-collision": {
    severity: "warning",
    summary: "Names of the .x that would be one name in TypeScript: they stay as they are in the .x.",
  },

  // Constants
  "unknown-constant": { severity: "error", summary: "A constant that nothing defines." },
  "not-a-constant": { severity: "error", summary: "A name used as a constant that is a type or a program." },
  "constant-left-out": {
    severity: "warning",
    summary: "A constant whose value nothing defines, and that nothing uses: it is left out.",
  },
  "ambiguous-constant": { severity: "error", summary: "Enumerators of one name and of several values." },
  "constant-cycle": { severity: "error", summary: "Constants that are defined by each other." },
  "size-range": { severity: "error", summary: "The size of an array that is negative or beyond 32 bits." },
  "enum-range": {
    severity: "error",
    summary: "The value of an enum's member does not fit in a signed 32-bit integer.",
  },
  "number-range": {
    severity: "error",
    summary: "A program, version or procedure number is negative or beyond 32 bits.",
  },

  // Declarations
  "long-long": { severity: "warning", summary: "`long long`, which C rpcgen does not take: it is read as hyper." },
  "misplaced-pointer": { severity: "error", summary: "A pointer as a result, or to what can't be an argument's." },
  "misplaced-void": { severity: "error", summary: "`void` where a value is needed." },
  "misplaced-string": { severity: "error", summary: "`string` without `<>`, in an array, or behind a pointer." },
  "misplaced-opaque": { severity: "error", summary: "`opaque` without a size, or behind a pointer." },
  "pointer-array": { severity: "error", summary: "A pointer and an array in one declaration." },
  "misplaced-array": { severity: "error", summary: "An array as an argument or a result." },
  "infinite-size": { severity: "error", summary: "A type that holds itself, with nothing to end it." },
  "typedef-cycle": { severity: "error", summary: "Typedefs that are defined by each other alone." },

  // Unions
  "bad-discriminant": {
    severity: "error",
    summary: "A union over something else than an integer of 32 bits, a bool or an enum.",
  },
  "duplicate-case": { severity: "error", summary: "A union has the same case twice." },
  "duplicate-default": { severity: "error", summary: "A union has two default arms." },
  "case-not-in-enum": { severity: "error", summary: "A case that is not a member of the discriminant's enum." },
  "wrapped-value": {
    severity: "warning",
    summary: "A number that has too many bits for its sign: it is taken by its bits, as in C.",
  },
  "case-range": { severity: "error", summary: "A case that the discriminant's type cannot have." },
  "unreachable-default": { severity: "warning", summary: "The cases cover every value, so the default is left out." },

  // Programs
  "empty-program": { severity: "error", summary: "A program without a version." },
  "empty-version": { severity: "error", summary: "A version without a procedure." },
  "duplicate-program": {
    severity: "error",
    summary: "Two programs have the same number, and a version of the same number.",
  },
  "duplicate-version": { severity: "error", summary: "Two versions of a program have the same name or number." },
  "duplicate-procedure": { severity: "error", summary: "Two procedures of a version have the same name or number." },
} as const;

export type DiagnosticCode = keyof typeof diagnosticCodes;
