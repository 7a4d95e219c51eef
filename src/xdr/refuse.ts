/**
 * What a writer says of a number that it does not take. Functions apart, and few arguments: V8 inlines the methods that check
 * into a codec only as long as they are short.
 */
import { describe, XdrError, type XdrErrorCode } from "./error.ts";

/** Throws an `XdrError`. `at` is its place in the message, in bytes. */
export function refuse(at: number, code: XdrErrorCode, message: string, place = ""): never {
  throw new XdrError(code, message, place, at);
}

export function notInt8(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "an 8-bit integer (-128 to 127)", place);
}

export function notUint8(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "an unsigned 8-bit integer (0 to 255)", place);
}

export function notInt16(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "a 16-bit integer (-32768 to 32767)", place);
}

export function notUint16(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "an unsigned 16-bit integer (0 to 65535)", place);
}

export function notInt32(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "a 32-bit integer", place);
}

export function notUint32(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "an unsigned 32-bit integer", place);
}

export function notInt64(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "bigint", "a 64-bit bigint", place);
}

export function notUint64(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "bigint", "an unsigned 64-bit bigint", place);
}

export function notSafeInt64(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "a safe integer (-(2^53 - 1) to 2^53 - 1)", place);
}

export function notSafeUint64(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "an unsigned safe integer (0 to 2^53 - 1)", place);
}

export function notFloat(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", typeof value === "number" ? "a single-precision number" : "a number", place);
}

export function notDouble(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "number", "a number", place);
}

export function notBool(at: number, value: unknown, place?: string): never {
  return outOfRange(at, value, "boolean", "a boolean", place);
}

export function notMember(at: number, value: unknown, place?: string): never {
  return refuse(at, "XDR_ENUM", `${describe(value)} is not one of the enum's values`, place);
}

function outOfRange(at: number, value: unknown, type: string, wanted: string, place: string | undefined): never {
  return refuse(at, typeof value === type ? "XDR_RANGE" : "XDR_TYPE", `${describe(value)} is not ${wanted}`, place);
}
