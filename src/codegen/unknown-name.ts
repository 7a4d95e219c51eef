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
  const included = headers.filter(({ missing }) => missing === undefined);
  // Once is enough, of these and of notes.
  const leftOut = isFirst ? headers.find(({ missing }) => missing !== undefined) : undefined;
  const names = [...new Set(included.map(({ name }) => `'${name}'`))];
  const named = names.slice(0, MAX_NAMED).join(", ") + (names.length > MAX_NAMED ? " …" : "");
  const hints = [
    ...(leftOut ? [`-D${leftOut.missing} would include '${leftOut.name}'`] : []),
    ...(names.length > 0 ? [`C headers are not read (${named})`] : []),
  ];
  const notes = included
    .slice(0, isFirst ? MAX_NAMED : 0)
    .map(({ span }) => ({ message: "it may come from this header", span }));
  return {
    hint:
      hints.length === 0 ? undefined : `${hints.join("; ")}; ${names.length > 0 ? "" : "or "}say what it is by ${ways}`,
    notes: leftOut ? [...notes, { message: `left out for want of ${leftOut.missing}`, span: leftOut.span }] : notes,
  };
}
