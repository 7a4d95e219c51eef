/**
 * What went wrong with a value or with bytes. The codes are stable: none is ever renamed or given another meaning.
 *
 * | code | meaning |
 * |---|---|
 * | `XDR_TRUNCATED` | the bytes end before the value does |
 * | `XDR_LENGTH` | a string, opaque or array is longer than its bound, or not of its fixed length |
 * | `XDR_RANGE` | a number does not fit its type |
 * | `XDR_TYPE` | a value to encode is of another JavaScript type than the declaration asks for |
 * | `XDR_ENUM` | a number is not one of the enum's |
 * | `XDR_UNION` | a discriminant selects no arm |
 * | `XDR_BOOL` | a bool is neither 0 nor 1 |
 * | `XDR_PADDING` | a padding byte is not zero |
 * | `XDR_UTF8` | a string is not valid UTF-8, or to be encoded and not well-formed UTF-16 |
 * | `XDR_LATIN1` | a string to be encoded as Latin-1 holds a character above U+00FF |
 * | `XDR_TRAILING` | bytes are left over behind the value |
 * | `XDR_DEPTH` | types nest deeper than `maxDepth` |
 * | `XDR_ELEMENTS` | arrays hold more elements in all than `maxElements` |
 * | `XDR_MAX_BYTES` | the encoding is longer than the writer's `maxBytes` |
 */
export type XdrErrorCode =
  | "XDR_TRUNCATED"
  | "XDR_LENGTH"
  | "XDR_RANGE"
  | "XDR_TYPE"
  | "XDR_ENUM"
  | "XDR_UNION"
  | "XDR_BOOL"
  | "XDR_PADDING"
  | "XDR_UTF8"
  | "XDR_LATIN1"
  | "XDR_TRAILING"
  | "XDR_DEPTH"
  | "XDR_ELEMENTS"
  | "XDR_MAX_BYTES";

/** A value that cannot be encoded, or bytes that cannot be decoded. */
export class XdrError extends Error {
  override readonly name = "XdrError";
  readonly code: XdrErrorCode;
  /** The declaration that failed, as `Type.field`; empty where the caller named none. */
  readonly place: string;
  /** Bytes from the start of the message to the item that failed. */
  readonly offset: number;

  constructor(code: XdrErrorCode, message: string, place: string, offset: number) {
    super(`${place === "" ? "XDR" : place} at byte ${offset}: ${message}`);
    this.code = code;
    this.place = place;
    this.offset = offset;
  }
}

/** How a value that is of a wrong JavaScript type reads in a message. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object"
    ? ((value.constructor as { name?: string } | undefined)?.name ?? "object")
    : typeof value;
}
