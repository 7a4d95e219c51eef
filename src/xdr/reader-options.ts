/** What a reader is told. */

/**
 * What a reader accepts.
 *
 * - `strict`: canonical XDR alone.
 * - `tolerant`: also padding that is not zero, bools other than 0 and 1 (true), and bytes behind the value, which old
 *   embedded peers send. Each is counted.
 * - `lenient`: also what libtirpc accepts: numbers that the enum does not have, `char` and `short` out of range
 *   (truncated), strings that hold a NUL (they end there).
 *
 * Lengths, discriminants and UTF-8 are checked in each of them: what fails there can't be given as a value.
 */
export type XdrStrictness = "strict" | "tolerant" | "lenient";

/** How to read, and the bounds. */
export interface XdrReaderOptions {
  /** Default `strict`. */
  readonly strictness?: XdrStrictness;
  /** Levels of recursive types (lists do not count). Default 256; beyond it the reader throws `XDR_DEPTH`. */
  readonly maxDepth?: number;
  /** Elements of all arrays of the message. Default 16 Mi; beyond it the reader throws `XDR_ELEMENTS`. */
  readonly maxElements?: number;
}
