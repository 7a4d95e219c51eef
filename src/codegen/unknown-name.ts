/** What to say of a name that may come from a C header, which is not read. */
import type { DiagnosticNote } from "./diagnostics.ts";
import type { Header } from "./preprocess/preprocess.ts";

/** Most headers that a message names. */
const MAX_NAMED = 3;

/** The hint with the ways out, and notes at the headers; nothing where no header is included. */
export function notReadHere(
  headers: readonly Header[],
  ways: string,
  isFirst: boolean,
): { readonly hint: string | undefined; readonly notes: readonly DiagnosticNote[] } {
  if (headers.length === 0) return { hint: undefined, notes: [] };
  const names = [...new Set(headers.map(({ name }) => `'${name}'`))];
  const named = names.slice(0, MAX_NAMED).join(", ") + (names.length > MAX_NAMED ? " …" : "");
  return {
    hint: `C headers are not read (${named}); say what it is by ${ways}`,
    // Once is enough.
    notes: headers
      .slice(0, isFirst ? MAX_NAMED : 0)
      .map(({ span }) => ({ message: "it may come from this header", span })),
  };
}
