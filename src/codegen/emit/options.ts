/** What the user may choose of a module: where its imports come from, and what values are in TypeScript. */

/**
 * What a `string` is in TypeScript.
 *
 * - `utf8`: text, sent as UTF-8; bytes that are no UTF-8 are an error.
 * - `latin1`: a string whose characters, U+0000 to U+00FF, are the bytes; decoding never fails.
 * - `bytes`: a `Uint8Array`.
 */
export type StringStyle = "utf8" | "latin1" | "bytes";

/**
 * Which numbers an enum takes, in both directions.
 *
 * - `strict`: its members alone.
 * - `open`: any 32-bit integer; its type and its guard still know the members.
 */
export type EnumStyle = "strict" | "open";

/**
 * What a `hyper` is in TypeScript.
 *
 * - `bigint`: a bigint, whatever its value.
 * - `number`: a number, which must be a safe integer; any other is an error, in both directions.
 */
export type HyperStyle = "bigint" | "number";

/**
 * What an array of numbers is in TypeScript: of `int`, `hyper`, both unsigned, too, `float` and `double`.
 *
 * - `plain`: an array, as of any other type.
 * - `typed`: a typed array: `Int32Array` and so on. Hypers that are numbers have none.
 */
export type ArrayStyle = "plain" | "typed";

/** What the emitters of a module are told. */
export interface EmitOptions {
  /** Prefix of `xdr` and `runtime`. Where it begins with `.`, it is a folder. */
  readonly runtime: string;
  /** Extension of relative imports: `.js`, `.ts` or nothing. */
  readonly extension: string;
  /** Where the types of a `.x` file are generated, as the module imports it, without extension: `./date`. */
  readonly moduleOf: (file: string) => string;
  /** A module specifier of `--externals` as this module is to have it. */
  readonly externalModule: (specifier: string) => string;
  /** The same for the types of the module's own `.x` file. */
  readonly base: `./${string}`;
  readonly strings: StringStyle;
  readonly enums: EnumStyle;
  readonly hyper: HyperStyle;
  readonly arrays: ArrayStyle;
  /** Whether there are clients whose calls block, too. */
  readonly sync: boolean;
}
