import { XdrError, type XdrErrorCode, describe } from "./error.ts";
import { writeLatin1 } from "./latin1.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, XDR_MAX_LENGTH } from "./limits.ts";
import { utf8Length, writeUtf8 } from "./text.ts";

/** Bounds of an encoding. */
export interface XdrWriterOptions {
  /** Bytes that the encoding may take. Default 64 MiB; beyond it the writer throws `XDR_MAX_BYTES`. */
  readonly maxBytes?: number;
  /** Levels of recursive types (lists do not count). Default 256; beyond it the writer throws `XDR_DEPTH`. */
  readonly maxDepth?: number;
}

const INITIAL_BYTES = 512;

/**
 * Writes XDR (RFC 4506) into a buffer that grows, and is kept when the writer is reset.
 *
 * Each method checks its value before it is stored and throws an `XdrError`; `place` names the declaration in that
 * error, as `Type.field`. A writer that has thrown holds half a value: reset it.
 *
 * There are two ways to write. The plain methods (`int32`, `string`) append. For a run of fixed-size items `reserve`
 * takes the room once, and the `set…` methods store at offsets within it.
 */
export class XdrWriter {
  // The capacity never exceeds #maxBytes, so that one comparison in reserve() checks both.
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  #depth = 0;
  readonly #maxBytes: number;
  readonly #maxDepth: number;

  constructor(options: XdrWriterOptions = {}) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#bytes = new Uint8Array(Math.min(INITIAL_BYTES, this.#maxBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written since the last reset. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#length = 0;
    this.#depth = 0;
  }

  /** A view of what was written. It changes with the next write: copy it (`slice`) to keep it. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  // ---- items, appended

  /** C's `char`: four bytes on the wire, -128 to 127. */
  int8(value: number, place = ""): void {
    this.setInt8(this.reserve(4, place), value, place);
  }

  /** C's `unsigned char`: four bytes on the wire, 0 to 255. */
  uint8(value: number, place = ""): void {
    this.setUint8(this.reserve(4, place), value, place);
  }

  /** C's `short`: four bytes on the wire. */
  int16(value: number, place = ""): void {
    this.setInt16(this.reserve(4, place), value, place);
  }

  /** C's `unsigned short`: four bytes on the wire. */
  uint16(value: number, place = ""): void {
    this.setUint16(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.1. */
  int32(value: number, place = ""): void {
    this.setInt32(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.2. */
  uint32(value: number, place = ""): void {
    this.setUint32(this.reserve(4, place), value, place);
  }

  /** Hyper integer, RFC 4506 section 4.5. */
  int64(value: bigint, place = ""): void {
    this.setInt64(this.reserve(8, place), value, place);
  }

  /** Unsigned hyper integer, RFC 4506 section 4.5. */
  uint64(value: bigint, place = ""): void {
    this.setUint64(this.reserve(8, place), value, place);
  }

  /** Single precision, RFC 4506 section 4.6; the number is rounded to the nearest. */
  float(value: number, place = ""): void {
    this.setFloat(this.reserve(4, place), value, place);
  }

  /** Double precision, RFC 4506 section 4.7. */
  double(value: number, place = ""): void {
    this.setDouble(this.reserve(8, place), value, place);
  }

  /** The 16 bytes of a quadruple-precision number, big-endian, RFC 4506 section 4.8. */
  quadruple(value: Uint8Array, place = ""): void {
    this.opaqueFixed(value, 16, place);
  }

  /** RFC 4506 section 4.4. */
  bool(value: boolean, place = ""): void {
    this.setBool(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.3. `is` tells the enum's numbers. */
  enum<E extends number>(value: E, is: (value: number) => value is E, place = ""): void {
    this.setEnum(this.reserve(4, place), value, is, place);
  }

  /** Whether optional data follows (RFC 4506 section 4.19). */
  present(present: boolean, place = ""): void {
    const at = this.reserve(4, place); // first: it may replace the view
    this.#view.setUint32(at, present ? 1 : 0);
  }

  /** A string as UTF-8, of at most `max` bytes (not characters). RFC 4506 section 4.11. */
  string(value: string, place = "", max: number = XDR_MAX_LENGTH): void {
    if (typeof value !== "string") this.fail("XDR_TYPE", `expected a string, got ${describe(value)}`, place);
    const length = utf8Length(value);
    if (length === undefined)
      return this.fail("XDR_UTF8", "string holds a lone surrogate, which UTF-8 can't carry", place);
    if (length > max) this.fail("XDR_LENGTH", `string of ${length} bytes exceeds ${max}`, place);
    const end = length + (-length & 3);
    const at = this.reserve(4 + end, place);
    this.#view.setUint32(at, length);
    writeUtf8(this.#bytes, at + 4, value, length);
    this.#zero(at + 4 + length, at + 4 + end);
  }

  /** A string whose characters, U+0000 to U+00FF, are its bytes, of at most `max` of them. RFC 4506 section 4.11. */
  latin1(value: string, place = "", max: number = XDR_MAX_LENGTH): void {
    if (typeof value !== "string") this.fail("XDR_TYPE", `expected a string, got ${describe(value)}`, place);
    const { length } = value;
    if (length > max) this.fail("XDR_LENGTH", `string of ${length} bytes exceeds ${max}`, place);
    const end = length + (-length & 3);
    const at = this.reserve(4 + end, place);
    this.#view.setUint32(at, length);
    if (!writeLatin1(this.#bytes, at + 4, value)) {
      this.#failAt(at, "XDR_LATIN1", "string holds a character above U+00FF, which is no byte", place);
    }
    this.#zero(at + 4 + length, at + 4 + end);
  }

  /** Variable-length opaque data of at most `max` bytes. RFC 4506 section 4.10. */
  opaque(value: Uint8Array, place = "", max: number = XDR_MAX_LENGTH): void {
    if (!isBytes(value)) this.fail("XDR_TYPE", `expected a Uint8Array, got ${describe(value)}`, place);
    const length = value.length;
    if (length > max) this.fail("XDR_LENGTH", `opaque of ${length} bytes exceeds ${max}`, place);
    const at = this.reserve(4 + length + (-length & 3), place);
    this.#view.setUint32(at, length);
    this.setOpaque(at + 4, value, length, place);
  }

  /** Fixed-length opaque data. RFC 4506 section 4.9. */
  opaqueFixed(value: Uint8Array, length: number, place = ""): void {
    this.setOpaque(this.reserve(length + (-length & 3), place), value, length, place);
  }

  /** The count in front of a variable-length array of at most `max` elements. RFC 4506 section 4.13. */
  arrayLength(length: number, place = "", max: number = XDR_MAX_LENGTH): void {
    if (length > max) this.fail("XDR_LENGTH", `array of ${length} elements exceeds ${max}`, place);
    this.uint32(length, place);
  }

  /** Checks the length of a fixed-length array, which has no count on the wire. RFC 4506 section 4.12. */
  fixedLength(actual: number, expected: number, place = ""): void {
    if (actual !== expected)
      this.fail("XDR_LENGTH", `array of ${actual} elements, the declaration has ${expected}`, place);
  }

  /** Begins a value of a recursive type. */
  enter(place = ""): void {
    if (++this.#depth > this.#maxDepth) this.fail("XDR_DEPTH", `nested deeper than ${this.#maxDepth} levels`, place);
  }

  /** Ends what `enter` began. */
  leave(): void {
    this.#depth--;
  }

  // ---- runs of fixed-size items

  /** Takes room for a run and gives the offset of its first byte. The room must be filled: it may hold old bytes. */
  reserve(bytes: number, place = ""): number {
    const at = this.#length;
    const end = at + bytes;
    if (end > this.#bytes.length) this.#grow(end, place);
    this.#length = end;
    return at;
  }

  /** `int8` at an offset. */
  setInt8(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== (value << 24) >> 24)
      this.#range(at, value, "an 8-bit integer (-128 to 127)", place);
    this.#view.setInt32(at, value);
  }

  /** `uint8` at an offset. */
  setUint8(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== (value & 0xff))
      this.#range(at, value, "an unsigned 8-bit integer (0 to 255)", place);
    this.#view.setInt32(at, value);
  }

  /** `int16` at an offset. */
  setInt16(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== (value << 16) >> 16)
      this.#range(at, value, "a 16-bit integer (-32768 to 32767)", place);
    this.#view.setInt32(at, value);
  }

  /** `uint16` at an offset. */
  setUint16(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== (value & 0xffff))
      this.#range(at, value, "an unsigned 16-bit integer (0 to 65535)", place);
    this.#view.setInt32(at, value);
  }

  /** `int32` at an offset. */
  setInt32(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== (value | 0)) this.#range(at, value, "a 32-bit integer", place);
    this.#view.setInt32(at, value);
  }

  /** `uint32` at an offset. */
  setUint32(at: number, value: number, place = ""): void {
    if (typeof value !== "number" || value !== value >>> 0) this.#range(at, value, "an unsigned 32-bit integer", place);
    this.#view.setUint32(at, value);
  }

  /** `int64` at an offset. */
  setInt64(at: number, value: bigint, place = ""): void {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value)
      this.#range(at, value, "a 64-bit bigint", place);
    this.#view.setBigInt64(at, value);
  }

  /** `uint64` at an offset. */
  setUint64(at: number, value: bigint, place = ""): void {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) {
      this.#range(at, value, "an unsigned 64-bit bigint", place);
    }
    this.#view.setBigUint64(at, value);
  }

  /** `float` at an offset. */
  setFloat(at: number, value: number, place = ""): void {
    if (typeof value !== "number") this.#range(at, value, "a number", place);
    const rounded = Math.fround(value);
    if (Math.abs(rounded) === Infinity && Math.abs(value) !== Infinity) {
      this.#range(at, value, "a single-precision number", place);
    }
    this.#view.setFloat32(at, rounded);
  }

  /** `double` at an offset. */
  setDouble(at: number, value: number, place = ""): void {
    if (typeof value !== "number") this.#range(at, value, "a number", place);
    this.#view.setFloat64(at, value);
  }

  /** `bool` at an offset. */
  setBool(at: number, value: boolean, place = ""): void {
    if (typeof value !== "boolean") this.#range(at, value, "a boolean", place);
    this.#view.setUint32(at, value ? 1 : 0);
  }

  /** `enum` at an offset. */
  setEnum<E extends number>(at: number, value: E, is: (value: number) => value is E, place = ""): void {
    if (!is(value)) this.#failAt(at, "XDR_ENUM", `${describe(value)} is not one of the enum's values`, place);
    this.setInt32(at, value, place);
  }

  /** Fixed-length opaque data at an offset, with its padding. */
  setOpaque(at: number, value: Uint8Array, length: number, place = ""): void {
    if (!isBytes(value)) this.#failAt(at, "XDR_TYPE", `expected a Uint8Array, got ${describe(value)}`, place);
    if (value.length !== length) {
      this.#failAt(at, "XDR_LENGTH", `opaque of ${value.length} bytes, the declaration has ${length}`, place);
    }
    this.#bytes.set(value, at);
    this.#zero(at + length, at + length + (-length & 3));
  }

  // ---- failures

  /** Throws for a discriminant that selects no arm. */
  badUnion(value: unknown, place = ""): never {
    return this.fail("XDR_UNION", `${describe(value)} selects no arm`, place);
  }

  /** Throws for a field that the union's arm asks for and the value lacks. */
  missing(place = ""): never {
    return this.fail("XDR_TYPE", "missing: the union's arm has this field", place);
  }

  /** Throws an `XdrError` with the writer's position. */
  fail(code: XdrErrorCode, message: string, place = ""): never {
    return this.#failAt(this.#length, code, message, place);
  }

  #failAt(at: number, code: XdrErrorCode, message: string, place: string): never {
    throw new XdrError(code, message, place, at);
  }

  #range(at: number, value: unknown, wanted: string, place: string): never {
    const type = wanted.endsWith("bigint") ? "bigint" : wanted === "a boolean" ? "boolean" : "number";
    const code = typeof value === type ? "XDR_RANGE" : "XDR_TYPE";
    return this.#failAt(at, code, `${describe(value)} is not ${wanted}`, place);
  }

  #zero(start: number, end: number): void {
    for (let at = start; at < end; at++) this.#bytes[at] = 0;
  }

  #grow(needed: number, place: string): void {
    if (needed > this.#maxBytes) {
      this.fail("XDR_MAX_BYTES", `the encoding takes more than maxBytes, ${this.#maxBytes} bytes`, place);
    }
    const bytes = new Uint8Array(Math.min(Math.max(needed, 2 * this.#bytes.length), this.#maxBytes));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

// Not instanceof: arrays of another realm (a vm context, a test runner's) are as good.
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array).BYTES_PER_ELEMENT === 1;
}
