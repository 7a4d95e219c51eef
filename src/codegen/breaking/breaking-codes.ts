/**
 * Every change that `tsrpcgen breaking` reports. A code is never renamed and never used for something else: build
 * scripts filter by it. Each has a case in test/codegen/breaking.
 *
 * An error is a change after which messages that old peers send today are refused or misread. A warning is one after
 * which all of these still work, but old peers refuse what new ones may now send.
 */

/** Severity and meaning of each code. */
export const breakingCodes = {
  // Programs
  "program-removed": { severity: "error", summary: "No program has the number any more." },
  "program-number-changed": { severity: "error", summary: "The program has another number." },
  "version-removed": { severity: "error", summary: "The program has no version of the number any more." },
  "version-number-changed": { severity: "error", summary: "The version has another number." },
  "procedure-removed": { severity: "error", summary: "The version has no procedure of the number any more." },
  "procedure-number-changed": { severity: "error", summary: "The procedure has another number." },
  "arguments-changed": { severity: "error", summary: "The procedure takes more, fewer or other arguments." },

  // Types
  "type-changed": { severity: "error", summary: "Other bytes, or bytes of another meaning." },
  "optional-changed": { severity: "error", summary: "A value became optional, or the other way round." },
  "length-changed": { severity: "error", summary: "Another number of elements or bytes, where it is fixed." },
  "bound-narrowed": { severity: "error", summary: "A lower bound: old peers may send more." },
  "bound-widened": { severity: "warning", summary: "A higher bound: old peers refuse more." },
  "integer-narrowed": { severity: "error", summary: "Fewer numbers: old peers may send others." },
  "integer-widened": { severity: "warning", summary: "More numbers: old peers refuse them." },
  "opaque-to-string": { severity: "error", summary: "Bytes became text: old peers may send bytes that are none." },
  "string-to-opaque": { severity: "warning", summary: "Text became bytes: old peers refuse those that are no text." },
  "type-removed": { severity: "error", summary: "A type is gone, in a file without programs." },
  "unused-type-removed": { severity: "warning", summary: "A type is gone that no procedure uses." },

  // Structs
  "field-removed": { severity: "error", summary: "A struct has a field less." },
  "field-added": { severity: "error", summary: "A struct has a field more." },
  "field-moved": { severity: "error", summary: "A field stands at another place." },

  // Enums
  "enumerator-removed": { severity: "error", summary: "An enum has a number less." },
  "enumerator-added": { severity: "warning", summary: "An enum has a number more." },
  "enumerator-changed": { severity: "error", summary: "A member of an enum has another number." },

  // Unions
  "case-removed": { severity: "error", summary: "A union takes a case no more." },
  "case-added": { severity: "warning", summary: "A union takes a case more." },
  "default-removed": { severity: "error", summary: "A union has no default any more." },
  "default-added": { severity: "warning", summary: "A union has a default now." },
} as const;

export type BreakingCode = keyof typeof breakingCodes;
