import { bulkSwap } from "./bulk.ts";
import { type XdrErrorCode, describe } from "./error.ts";
import { writeLatin1 } from "./latin1.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, XDR_MAX_LENGTH } from "./limits.ts";
import { firstNotInt32, firstNotNumber, firstNotUint32, storeDoubles, storeInt32s, storeUint32s } from "./numbers.ts";
import {
  notBool,
  notDouble,
  notFloat,
  notInt16,
  notInt32,
  notInt64,
  notInt8,
  notMember,
  notSafeInt64,
  notSafeUint64,
  notUint16,
  notUint32,
  notUint64,
  notUint8,
  refuse,
} from "./refuse.ts";
import { SHORT_WRITE, storeShort } from "./short-text.ts";
import { DOUBLE, FLOAT, INT32, INT64, isArrayOf, type NumberArray, type NumberKind } from "./typed-arrays.ts";
import { storeArray, UINT32, UINT64 } from "./typed-arrays.ts";
import { encodeText, utf8Length, writeUtf8 } from "./text.ts";

/** Bounds of an encoding. */
export interface XdrWriterOptions {
  /** Bytes that the encoding may take. Default 64 MiB; beyond it the writer throws `XDR_MAX_BYTES`. */
  readonly maxBytes?: number;
  /** Levels of recursive types (lists do not count). Default 256; beyond it the writer throws `XDR_DEPTH`. */
  readonly maxDepth?: number;
}

const INITIAL_BYTES = 512;
const TWO_32 = 2 ** 32;

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
  /** The first of them, as they were asked for last. */
  #written: Uint8Array;
  #capacity: number;
  #length = 0;
  #depth = 0;
  readonly #maxBytes: number;
  readonly #maxDepth: number;

  constructor(options: XdrWriterOptions = {}) {
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#bytes = new Uint8Array(Math.min(INITIAL_BYTES, this.#maxBytes));
    this.#view = new DataView(this.#bytes.buffer);
    this.#written = this.#bytes.subarray(0, 0);
    this.#capacity = this.#bytes.length;
  }

  /** Bytes written since the last reset. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of the buffer, which a reset keeps. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#length = 0;
    this.#depth = 0;
  }

  /** A view of what was written. It changes with the next write: copy it (`slice`) to keep it. */
  bytes(): Uint8Array {
    // The last one is kept: messages are often as long as the one before, and to make a view costs as much as a short message.
    if (this.#written.length !== this.#length) this.#written = this.#bytes.subarray(0, this.#length);
    return this.#written;
  }

  // ---- items, appended

  /** C's `char`: four bytes on the wire, -128 to 127. */
  int8(value: number, place?: string): void {
    this.setInt8(this.reserve(4, place), value, place);
  }

  /** C's `unsigned char`: four bytes on the wire, 0 to 255. */
  uint8(value: number, place?: string): void {
    this.setUint8(this.reserve(4, place), value, place);
  }

  /** C's `short`: four bytes on the wire. */
  int16(value: number, place?: string): void {
    this.setInt16(this.reserve(4, place), value, place);
  }

  /** C's `unsigned short`: four bytes on the wire. */
  uint16(value: number, place?: string): void {
    this.setUint16(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.1. */
  int32(value: number, place?: string): void {
    this.setInt32(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.2. */
  uint32(value: number, place?: string): void {
    this.setUint32(this.reserve(4, place), value, place);
  }

  /** Hyper integer, RFC 4506 section 4.5. */
  int64(value: bigint, place?: string): void {
    this.setInt64(this.reserve(8, place), value, place);
  }

  /** Unsigned hyper integer, RFC 4506 section 4.5. */
  uint64(value: bigint, place?: string): void {
    this.setUint64(this.reserve(8, place), value, place);
  }

  /** Hyper integer as a number, which must be a safe integer. RFC 4506 section 4.5. */
  safeInt64(value: number, place?: string): void {
    this.setSafeInt64(this.reserve(8, place), value, place);
  }

  /** Unsigned hyper integer as a number, which must be a safe integer. RFC 4506 section 4.5. */
  safeUint64(value: number, place?: string): void {
    this.setSafeUint64(this.reserve(8, place), value, place);
  }

  /** Single precision, RFC 4506 section 4.6; the number is rounded to the nearest. */
  float(value: number, place?: string): void {
    this.setFloat(this.reserve(4, place), value, place);
  }

  /** Double precision, RFC 4506 section 4.7. */
  double(value: number, place?: string): void {
    this.setDouble(this.reserve(8, place), value, place);
  }

  /** The 16 bytes of a quadruple-precision number, big-endian, RFC 4506 section 4.8. */
  quadruple(value: Uint8Array, place?: string): void {
    this.opaqueFixed(value, 16, place);
  }

  /** RFC 4506 section 4.4. */
  bool(value: boolean, place?: string): void {
    this.setBool(this.reserve(4, place), value, place);
  }

  /** RFC 4506 section 4.3. `is` tells the enum's numbers. */
  enum<E extends number>(value: E, is: (value: number) => value is E, place?: string): void {
    this.setEnum(this.reserve(4, place), value, is, place);
  }

  /** Whether optional data follows (RFC 4506 section 4.19). */
  present(present: boolean, place?: string): void {
    const at = this.reserve(4, place); // first: it may replace the view
    this.#view.setUint32(at, present ? 1 : 0);
  }

  /** A string as UTF-8, of at most `max` bytes (not characters). RFC 4506 section 4.11. */
  string(value: string, place?: string, max: number = XDR_MAX_LENGTH): void {
    if (typeof value !== "string") this.fail("XDR_TYPE", `expected a string, got ${describe(value)}`, place);
    const { length } = value;
    if (length <= SHORT_WRITE && length <= max) {
      const at = this.reserve(4 + length + (-length & 3), place);
      if (storeShort(this.#view, at, value) < 0x80) return;
      this.#length = at; // it is not all ASCII: once more, with care
    }
    this.#utf8(value, place, max);
  }

  #utf8(value: string, place: string | undefined, max: number): void {
    const encoded = encodeText(value, this.#bytes, this.#length + 4);
    const length = encoded ?? utf8Length(value);
    if (length === undefined)
      return this.fail("XDR_UTF8", "string holds a lone surrogate, which UTF-8 can't carry", place);
    if (length > max) this.fail("XDR_LENGTH", `string of ${length} bytes exceeds ${max}`, place);
    const at = this.#counted(length, place);
    if (encoded === undefined) writeUtf8(this.#bytes, at + 4, value, length);
  }

  /** A string whose characters, U+0000 to U+00FF, are its bytes, of at most `max` of them. RFC 4506 section 4.11. */
  latin1(value: string, place?: string, max: number = XDR_MAX_LENGTH): void {
    if (typeof value !== "string") this.fail("XDR_TYPE", `expected a string, got ${describe(value)}`, place);
    const { length } = value;
    if (length > max) this.fail("XDR_LENGTH", `string of ${length} bytes exceeds ${max}`, place);
    const at = this.#counted(length, place);
    const fits =
      length <= SHORT_WRITE ? storeShort(this.#view, at, value) <= 0xff : writeLatin1(this.#bytes, at + 4, value);
    if (!fits) refuse(at, "XDR_LATIN1", "string holds a character above U+00FF, which is no byte", place);
  }

  /** Variable-length opaque data of at most `max` bytes. RFC 4506 section 4.10. */
  opaque(value: Uint8Array, place?: string, max: number = XDR_MAX_LENGTH): void {
    if (!isBytes(value)) this.fail("XDR_TYPE", `expected a Uint8Array, got ${describe(value)}`, place);
    const length = value.length;
    if (length > max) this.fail("XDR_LENGTH", `opaque of ${length} bytes exceeds ${max}`, place);
    const at = this.#counted(length, place);
    this.#bytes.set(value, at + 4);
  }

  /** Fixed-length opaque data. RFC 4506 section 4.9. */
  opaqueFixed(value: Uint8Array, length: number, place?: string): void {
    this.setOpaque(this.reserve(length + (-length & 3), place), value, length, place);
  }

  /** The count in front of a variable-length array of at most `max` elements. RFC 4506 section 4.13. */
  arrayLength(length: number, place?: string, max: number = XDR_MAX_LENGTH): void {
    if (length > max) this.fail("XDR_LENGTH", `array of ${length} elements exceeds ${max}`, place);
    this.uint32(length, place);
  }

  /** Checks the length of a fixed-length array, which has no count on the wire. RFC 4506 section 4.12. */
  fixedLength(actual: number, expected: number, place?: string): void {
    if (actual !== expected)
      this.fail("XDR_LENGTH", `array of ${actual} elements, the declaration has ${expected}`, place);
  }

  /** Begins a value of a recursive type. */
  enter(place?: string): void {
    if (++this.#depth > this.#maxDepth) this.fail("XDR_DEPTH", `nested deeper than ${this.#maxDepth} levels`, place);
  }

  /** Ends what `enter` began. */
  leave(): void {
    this.#depth--;
  }

  // ---- arrays of numbers, without their count

  /** An array of `int32`. */
  int32s(values: readonly number[], place?: string): void {
    const { length } = values;
    const at = this.reserve(4 * length, place);
    const swap = bulkSwap(length);
    const bad = swap === undefined ? storeInt32s(this.#view, at, values) : firstNotInt32(values);
    if (bad >= 0) notInt32(at + 4 * bad, values[bad], place);
    if (swap === undefined) return;
    new Int32Array(this.#bytes.buffer, at, length).set(values);
    swap.swap32(this.#bytes, at, this.#bytes, at, 4 * length);
  }

  /** An array of `uint32`. */
  uint32s(values: readonly number[], place?: string): void {
    const { length } = values;
    const at = this.reserve(4 * length, place);
    const swap = bulkSwap(length);
    const bad = swap === undefined ? storeUint32s(this.#view, at, values) : firstNotUint32(values);
    if (bad >= 0) notUint32(at + 4 * bad, values[bad], place);
    if (swap === undefined) return;
    new Uint32Array(this.#bytes.buffer, at, length).set(values);
    swap.swap32(this.#bytes, at, this.#bytes, at, 4 * length);
  }

  /** An array of `float`. */
  floats(values: readonly number[], place?: string): void {
    const { length } = values;
    const at = this.reserve(4 * length, place);
    for (let i = 0; i < length; i++) this.setFloat(at + 4 * i, values[i] as number, place); // i is within
  }

  /** An array of `double`. */
  doubles(values: readonly number[], place?: string): void {
    const { length } = values;
    const at = this.#length;
    // A Float64Array lies at multiples of eight: items are at those of four, and may need as much room in front of theirs.
    const gap = at & 4;
    const swap = at + gap + 8 * length > this.#maxBytes ? undefined : bulkSwap(length);
    this.reserve(8 * length + (swap === undefined ? 0 : gap), place);
    this.#length = at + 8 * length;
    const bad = swap === undefined ? storeDoubles(this.#view, at, values) : firstNotNumber(values);
    if (bad >= 0) notDouble(at + 8 * bad, values[bad], place);
    if (swap === undefined) return;
    new Float64Array(this.#bytes.buffer, at + gap, length).set(values);
    swap.swap64(this.#bytes, at, this.#bytes, at + gap, 8 * length);
  }

  /** An array of `int32`, as any view of its own or of other memory. */
  int32Array(values: Int32Array, place?: string): void {
    this.#array(INT32, values, place);
  }

  /** An array of `uint32`. */
  uint32Array(values: Uint32Array, place?: string): void {
    this.#array(UINT32, values, place);
  }

  /** An array of `int64`. */
  bigInt64Array(values: BigInt64Array, place?: string): void {
    this.#array(INT64, values, place);
  }

  /** An array of `uint64`. */
  bigUint64Array(values: BigUint64Array, place?: string): void {
    this.#array(UINT64, values, place);
  }

  /** An array of `float`. A NaN keeps its bits. */
  float32Array(values: Float32Array, place?: string): void {
    this.#array(FLOAT, values, place);
  }

  /** An array of `double`. A NaN keeps its bits. */
  float64Array(values: Float64Array, place?: string): void {
    this.#array(DOUBLE, values, place);
  }

  #array(kind: NumberKind, values: NumberArray, place: string | undefined): void {
    if (!isArrayOf(kind, values)) {
      this.fail("XDR_TYPE", `expected ${kind.name}, got ${describe(values)}`, place);
    }
    const { byteLength } = values;
    // One without memory, which was transferred or shrunk, has no elements either, and no view can be made of it.
    if (byteLength === 0) return;
    const at = this.reserve(byteLength, place);
    const swap = bulkSwap(values.length);
    if (swap === undefined) storeArray(this.#view, at, values);
    else if (kind.bytes === 4) swap.swap32(this.#bytes, at, values, 0, byteLength);
    else swap.swap64(this.#bytes, at, values, 0, byteLength);
  }

  // ---- runs of fixed-size items

  /** Takes room for a run and gives the offset of its first byte. The room must be filled: it may hold old bytes. */
  reserve(bytes: number, place?: string): number {
    const at = this.#length;
    const end = at + bytes;
    if (end > this.#capacity) this.#grow(end, place);
    this.#length = end;
    return at;
  }

  /** `int8` at an offset. */
  setInt8(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== (value << 24) >> 24) notInt8(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** `uint8` at an offset. */
  setUint8(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== (value & 0xff)) notUint8(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** `int16` at an offset. */
  setInt16(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== (value << 16) >> 16) notInt16(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** `uint16` at an offset. */
  setUint16(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== (value & 0xffff)) notUint16(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** `int32` at an offset. */
  setInt32(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== (value | 0)) notInt32(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** `uint32` at an offset. */
  setUint32(at: number, value: number, place?: string): void {
    if (typeof value !== "number" || value !== value >>> 0) notUint32(at, value, place);
    this.#view.setUint32(at, value);
  }

  /** `int64` at an offset. */
  setInt64(at: number, value: bigint, place?: string): void {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) notInt64(at, value, place);
    this.#view.setBigInt64(at, value);
  }

  /** `uint64` at an offset. */
  setUint64(at: number, value: bigint, place?: string): void {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) {
      notUint64(at, value, place);
    }
    this.#view.setBigUint64(at, value);
  }

  /** `safeInt64` at an offset. */
  setSafeInt64(at: number, value: number, place?: string): void {
    if (!Number.isSafeInteger(value)) notSafeInt64(at, value, place);
    this.#view.setInt32(at, Math.floor(value / TWO_32));
    this.#view.setInt32(at + 4, value);
  }

  /** `safeUint64` at an offset. */
  setSafeUint64(at: number, value: number, place?: string): void {
    if (!Number.isSafeInteger(value) || value < 0) notSafeUint64(at, value, place);
    this.#view.setInt32(at, value / TWO_32);
    this.#view.setInt32(at + 4, value);
  }

  /** `float` at an offset. */
  setFloat(at: number, value: number, place?: string): void {
    if (typeof value !== "number") notFloat(at, value, place);
    const rounded = Math.fround(value);
    if (Math.abs(rounded) === Infinity && Math.abs(value) !== Infinity) {
      notFloat(at, value, place);
    }
    this.#view.setFloat32(at, rounded);
  }

  /** `double` at an offset. */
  setDouble(at: number, value: number, place?: string): void {
    if (typeof value !== "number") notDouble(at, value, place);
    this.#view.setFloat64(at, value);
  }

  /** `bool` at an offset. */
  setBool(at: number, value: boolean, place?: string): void {
    if (typeof value !== "boolean") notBool(at, value, place);
    this.#view.setUint32(at, value ? 1 : 0);
  }

  /** `enum` at an offset. */
  setEnum<E extends number>(at: number, value: E, is: (value: number) => value is E, place?: string): void {
    if (!is(value)) notMember(at, value, place);
    this.#view.setInt32(at, value);
  }

  /** Fixed-length opaque data at an offset, with its padding. */
  setOpaque(at: number, value: Uint8Array, length: number, place?: string): void {
    if (!isBytes(value)) refuse(at, "XDR_TYPE", `expected a Uint8Array, got ${describe(value)}`, place);
    if (value.length !== length) {
      refuse(at, "XDR_LENGTH", `opaque of ${value.length} bytes, the declaration has ${length}`, place);
    }
    if ((length & 3) !== 0) this.#view.setInt32(at + (length & ~3), 0);
    this.#bytes.set(value, at);
  }

  // ---- failures

  /** Throws for a discriminant that selects no arm. */
  badUnion(value: unknown, place?: string): never {
    return this.fail("XDR_UNION", `${describe(value)} selects no arm`, place);
  }

  /** Throws for a field that the union's arm asks for and the value lacks. */
  missing(place?: string): never {
    return this.fail("XDR_TYPE", "missing: the union's arm has this field", place);
  }

  /** Throws an `XdrError` with the writer's position. */
  fail(code: XdrErrorCode, message: string, place?: string): never {
    return refuse(this.#length, code, message, place);
  }

  /** Takes room for bytes with their count and padding, and writes those two. */
  #counted(length: number, place: string | undefined): number {
    const at = this.reserve(4 + length + (-length & 3), place);
    this.#view.setUint32(at, length);
    for (let end = at + 4 + length; end < this.#length; end++) this.#bytes[end] = 0;
    return at;
  }

  #grow(needed: number, place: string | undefined): void {
    if (needed > this.#maxBytes) {
      this.fail("XDR_MAX_BYTES", `the encoding takes more than maxBytes, ${this.#maxBytes} bytes`, place);
    }
    const bytes = new Uint8Array(Math.min(Math.max(needed, 2 * this.#capacity), this.#maxBytes));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#written = bytes.subarray(0, 0);
    this.#capacity = bytes.length;
  }
}

// Not instanceof: arrays of another realm (a vm context, a test runner's) are as good.
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array).BYTES_PER_ELEMENT === 1;
}
