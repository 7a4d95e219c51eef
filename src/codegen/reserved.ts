/** Names that TypeScript, JavaScript or generated code itself keep for themselves. */

/** Nothing at a module's top level can have these names. */
export const LANGUAGE_WORDS: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function globalThis if implements import in instanceof interface let new null package private " +
    "protected public return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** Nor can types have these. */
export const TYPE_WORDS: ReadonlySet<string> = new Set(
  "any as bigint boolean infer intrinsic keyof never number object readonly string symbol unique unknown".split(" "),
);

/** Parameters and variables of generated functions: a type's or program's name would be hidden by them. */
export const LOCAL_NAMES: RegExp =
  /^(?:w|r|value|number|node|head|tail|item(?:Item)?\d*|some\d*|first\d*|i\d*|n\d*|at(?:Item)?\d*|list|host|to|options|handlers?|_?args?\d*|ctx|server|client|signal|process|console)$/;

/**
 * Procedures that get a `_`. A client has a `connection`, an object with a `then` is taken for a promise, and what
 * every object inherits would be found in handlers that lack it.
 */
export const PROCEDURE_NAMES: ReadonlySet<string> = new Set([
  "connection",
  "then",
  "constructor",
  "__proto__",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "toLocaleString",
  "toString",
  "valueOf",
]);
