import { bulkSwap } from "./bulk.ts";
import { XdrError, type XdrErrorCode } from "./error.ts";
import { readLatin1 } from "./latin1.ts";
import { DEFAULT_MAX_DEPTH, DEFAULT_MAX_ELEMENTS, OPAQUE_COPY_BYTES, XDR_MAX_LENGTH } from "./limits.ts";
import { loadDoubles, loadFloats, loadInt32s, loadUint32s } from "./numbers.ts";
import { readUtf8 } from "./text.ts";
import type { XdrReaderOptions } from "./reader-options.ts";
import { loadArray, type NumberArray } from "./typed-arrays.ts";
import { TextWindow } from "./text-window.ts";

const TWO_32 = 2 ** 32;
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * Reads XDR (RFC 4506) from bytes.
 *
 * Each method throws an `XdrError` where the bytes are not what the declaration says; `place` names the declaration in
 * that error, as `Type.field`. Nothing is allocated for a length before it is known that the bytes are there.
 *
 * Opaque values of 256 bytes and more are views of the bytes that were given: who goes on to change those bytes hands
 * the reader a copy.
 *
 * There are two ways to read. The plain methods (`int32`, `string`) go forward item by item. For a run of fixed-size
 * items `take` checks once that they are there, and the `get…` methods read at offsets within it.
 */
export class XdrReader {
  // What was given, and both of these over its whole buffer: messages that came together share one, and a view costs more than all else of a small message.
  #given: Uint8Array = NO_BYTES;
  #buffer: ArrayBufferLike = NO_BYTES.buffer;
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = NO_VIEW;
  readonly #tolerant: boolean;
  readonly #lenient: boolean;
  readonly #maxDepth: number;
  readonly #maxElements: number;
  /** Where the message begins and ends. */
  #base = 0;
  #end = 0;
  #at = 0;
  #depth = 0;
  #elements = 0;
  #tolerated = 0;
  readonly #texts = new TextWindow();

  constructor(bytes: Uint8Array, options: XdrReaderOptions = {}) {
    this.#lenient = options.strictness === "lenient";
    this.#tolerant = this.#lenient || options.strictness === "tolerant";
    this.#maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#maxElements = options.maxElements ?? DEFAULT_MAX_ELEMENTS;
    this.reset(bytes);
  }

  /** Begins to read another message, at a position in it. What was read before stays as it is. */
  reset(bytes: Uint8Array, position = 0): this {
    // Its length is 0 once its memory was transferred.
    if (bytes !== this.#given || bytes.length !== this.#end - this.#base) this.#give(bytes);
    this.#at = this.#base + position;
    this.#depth = this.#elements = this.#tolerated = 0;
    this.#texts.close();
    return this;
  }

  // Apart, and once for each array: to ask it for its buffer or its offset is a call into the engine, and as dear as all else of a reset.
  #give(bytes: Uint8Array): void {
    const { buffer, byteOffset } = bytes;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      // A plain Uint8Array, since a Buffer's slice() is a view, and a Buffer must not reach the user.
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    this.#given = bytes;
    this.#base = byteOffset;
    this.#end = byteOffset + bytes.length;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at - this.#base;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** How many times this reader accepted what a strict one rejects. */
  get tolerated(): number {
    return this.#tolerated;
  }

  // ---- items, in order

  /** C's `char`: four bytes on the wire, -128 to 127. */
  int8(place?: string): number {
    return this.getInt8(this.take(4, place), place);
  }

  /** C's `unsigned char`: four bytes on the wire, 0 to 255. */
  uint8(place?: string): number {
    return this.getUint8(this.take(4, place), place);
  }

  /** C's `short`: four bytes on the wire. */
  int16(place?: string): number {
    return this.getInt16(this.take(4, place), place);
  }

  /** C's `unsigned short`: four bytes on the wire. */
  uint16(place?: string): number {
    return this.getUint16(this.take(4, place), place);
  }

  /** RFC 4506 section 4.1. */
  int32(place?: string): number {
    return this.#view.getInt32(this.take(4, place));
  }

  /** RFC 4506 section 4.2. */
  uint32(place?: string): number {
    return this.#view.getUint32(this.take(4, place));
  }

  /** Hyper integer, RFC 4506 section 4.5. */
  int64(place?: string): bigint {
    return this.#view.getBigInt64(this.take(8, place));
  }

  /** Unsigned hyper integer, RFC 4506 section 4.5. */
  uint64(place?: string): bigint {
    return this.#view.getBigUint64(this.take(8, place));
  }

  /** Hyper integer as a number; one that is no safe integer is an error. RFC 4506 section 4.5. */
  safeInt64(place?: string): number {
    return this.getSafeInt64(this.take(8, place), place);
  }

  /** Unsigned hyper integer as a number; one that is no safe integer is an error. RFC 4506 section 4.5. */
  safeUint64(place?: string): number {
    return this.getSafeUint64(this.take(8, place), place);
  }

  /** Single precision, RFC 4506 section 4.6. */
  float(place?: string): number {
    return this.#view.getFloat32(this.take(4, place));
  }

  /** Double precision, RFC 4506 section 4.7. */
  double(place?: string): number {
    return this.#view.getFloat64(this.take(8, place));
  }

  /** The 16 bytes of a quadruple-precision number, big-endian, RFC 4506 section 4.8. */
  quadruple(place?: string): Uint8Array {
    return this.opaqueFixed(16, place);
  }

  /** RFC 4506 section 4.4. */
  bool(place?: string): boolean {
    return this.getBool(this.take(4, place), place);
  }

  /** RFC 4506 section 4.3. `is` tells the enum's numbers. */
  enum<E extends number>(is: (value: number) => value is E, place?: string): E {
    return this.getEnum(this.take(4, place), is, place);
  }

  /** Whether optional data follows (RFC 4506 section 4.19). */
  present(place?: string): boolean {
    return this.bool(place);
  }

  /** A string of at most `max` bytes, which must be valid UTF-8. RFC 4506 section 4.11. */
  string(place?: string, max: number = XDR_MAX_LENGTH): string {
    const length = this.#length("string", place, max);
    const start = this.take(length + (-length & 3), place);
    const end = this.#textEnd(start, length, place);
    const text = this.#texts.ascii(this.#bytes, this.#view, start, end, this.#end) ?? readUtf8(this.#bytes, start, end);
    return text ?? this.#refuse(start, "XDR_UTF8", "string is not valid UTF-8", place);
  }

  /** A string of at most `max` bytes, each of which becomes the character of its number. RFC 4506 section 4.11. */
  latin1(place?: string, max: number = XDR_MAX_LENGTH): string {
    const length = this.#length("string", place, max);
    const start = this.take(length + (-length & 3), place);
    const end = this.#textEnd(start, length, place);
    const text = this.#texts.latin1(this.#bytes, this.#view, start, end, this.#end);
    return text ?? readLatin1(this.#bytes, start, end);
  }

  /** Variable-length opaque data of at most `max` bytes. RFC 4506 section 4.10. */
  opaque(place?: string, max: number = XDR_MAX_LENGTH): Uint8Array {
    return this.opaqueFixed(this.#length("opaque", place, max), place);
  }

  /** Fixed-length opaque data. RFC 4506 section 4.9. */
  opaqueFixed(length: number, place?: string): Uint8Array {
    return this.getOpaque(this.take(length + (-length & 3), place), length, place);
  }

  /**
   * The count in front of a variable-length array (RFC 4506 section 4.13), after it is known that so many elements of
   * at least `minElementBytes` each can follow.
   */
  arrayLength(place: string, minElementBytes: number, max: number = XDR_MAX_LENGTH): number {
    const at = this.#at;
    const length = this.uint32(place);
    if (length > max) this.#refuse(at, "XDR_LENGTH", `array of ${length} elements exceeds ${max}`, place);
    if (length * minElementBytes > this.remaining) {
      this.#refuse(at, "XDR_TRUNCATED", `array of ${length} elements, ${this.remaining} bytes remain`, place);
    }
    this.#elements += length;
    if (this.#elements > this.#maxElements) {
      this.#refuse(at, "XDR_ELEMENTS", `the message holds more than maxElements, ${this.#maxElements} elements`, place);
    }
    return length;
  }

  /** Begins a value of a recursive type. */
  enter(place?: string): void {
    if (++this.#depth > this.#maxDepth) this.fail("XDR_DEPTH", `nested deeper than ${this.#maxDepth} levels`, place);
  }

  /** Ends what `enter` began. */
  leave(): void {
    this.#depth--;
  }

  /** Ends the message: bytes left over are an error, unless the reader tolerates them. */
  end(place?: string): void {
    if (this.remaining === 0) return;
    this.#tolerate(this.#at, "XDR_TRAILING", `${this.remaining} bytes are left over`, place);
  }

  /** An unsigned integer so many bytes further on, which is not read yet, and which is known to be there. */
  peekUint32(bytes: number): number {
    return this.#view.getUint32(this.#at + bytes);
  }

  // ---- arrays of numbers, whose count is known

  /** An array of `int32`. */
  int32s(count: number, place?: string): number[] {
    return loadInt32s(this.#view, this.take(4 * count, place), count);
  }

  /** An array of `uint32`. */
  uint32s(count: number, place?: string): number[] {
    return loadUint32s(this.#view, this.take(4 * count, place), count);
  }

  /** An array of `float`. */
  floats(count: number, place?: string): number[] {
    return loadFloats(this.#view, this.take(4 * count, place), count);
  }

  /** An array of `double`. */
  doubles(count: number, place?: string): number[] {
    return loadDoubles(this.#view, this.take(8 * count, place), count);
  }

  /** An array of `int32`, in memory of its own. */
  int32Array(count: number, place?: string): Int32Array {
    const at = this.take(4 * count, place);
    return this.#loaded(at, new Int32Array(count));
  }

  /** An array of `uint32`, in memory of its own. */
  uint32Array(count: number, place?: string): Uint32Array {
    const at = this.take(4 * count, place);
    return this.#loaded(at, new Uint32Array(count));
  }

  /** An array of `int64`, in memory of its own. */
  bigInt64Array(count: number, place?: string): BigInt64Array {
    const at = this.take(8 * count, place);
    return this.#loaded(at, new BigInt64Array(count));
  }

  /** An array of `uint64`, in memory of its own. */
  bigUint64Array(count: number, place?: string): BigUint64Array {
    const at = this.take(8 * count, place);
    return this.#loaded(at, new BigUint64Array(count));
  }

  /** An array of `float`, in memory of its own. A NaN keeps its bits. */
  float32Array(count: number, place?: string): Float32Array {
    const at = this.take(4 * count, place);
    return this.#loaded(at, new Float32Array(count));
  }

  /** An array of `double`, in memory of its own. A NaN keeps its bits. */
  float64Array(count: number, place?: string): Float64Array {
    const at = this.take(8 * count, place);
    return this.#loaded(at, new Float64Array(count));
  }

  #loaded<A extends NumberArray>(at: number, values: A): A {
    const swap = bulkSwap(values.length);
    if (swap === undefined) loadArray(this.#view, at, values);
    else if (values.BYTES_PER_ELEMENT === 4) swap.swap32(values, 0, this.#bytes, at, values.byteLength);
    else swap.swap64(values, 0, this.#bytes, at, values.byteLength);
    return values;
  }

  // ---- runs of fixed-size items

  /** Checks that a run of so many bytes is there, goes behind it, and gives the offset of its first byte. */
  take(bytes: number, place?: string): number {
    const at = this.#at;
    const end = at + bytes;
    if (end > this.#end) {
      this.fail("XDR_TRUNCATED", `${bytes} bytes are needed, ${this.remaining} remain`, place);
    }
    this.#at = end;
    return at;
  }

  /** `int8` at an offset. */
  getInt8(at: number, place?: string): number {
    const value = this.#view.getInt32(at);
    const narrow = (value << 24) >> 24;
    return value === narrow ? value : this.#narrowed(at, value, narrow, "char", place);
  }

  /** `uint8` at an offset. */
  getUint8(at: number, place?: string): number {
    const value = this.#view.getInt32(at);
    const narrow = value & 0xff;
    return value === narrow ? value : this.#narrowed(at, value, narrow, "unsigned char", place);
  }

  /** `int16` at an offset. */
  getInt16(at: number, place?: string): number {
    const value = this.#view.getInt32(at);
    const narrow = (value << 16) >> 16;
    return value === narrow ? value : this.#narrowed(at, value, narrow, "short", place);
  }

  /** `uint16` at an offset. */
  getUint16(at: number, place?: string): number {
    const value = this.#view.getInt32(at);
    const narrow = value & 0xffff;
    return value === narrow ? value : this.#narrowed(at, value, narrow, "unsigned short", place);
  }

  /** `int32` at an offset. */
  getInt32(at: number): number {
    return this.#view.getInt32(at);
  }

  /** `uint32` at an offset. */
  getUint32(at: number): number {
    return this.#view.getUint32(at);
  }

  /** `int64` at an offset. */
  getInt64(at: number): bigint {
    return this.#view.getBigInt64(at);
  }

  /** `uint64` at an offset. */
  getUint64(at: number): bigint {
    return this.#view.getBigUint64(at);
  }

  /** `safeInt64` at an offset. */
  getSafeInt64(at: number, place?: string): number {
    const value = this.#view.getInt32(at) * TWO_32 + this.#view.getUint32(at + 4);
    if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER)
      this.#unsafe(at, this.#view.getBigInt64(at), place);
    return value;
  }

  /** `safeUint64` at an offset. */
  getSafeUint64(at: number, place?: string): number {
    const value = this.#view.getUint32(at) * TWO_32 + this.#view.getUint32(at + 4);
    if (value > Number.MAX_SAFE_INTEGER) this.#unsafe(at, this.#view.getBigUint64(at), place);
    return value;
  }

  /** `float` at an offset. */
  getFloat(at: number): number {
    return this.#view.getFloat32(at);
  }

  /** `double` at an offset. */
  getDouble(at: number): number {
    return this.#view.getFloat64(at);
  }

  /** `bool` at an offset. */
  getBool(at: number, place?: string): boolean {
    const value = this.#view.getUint32(at);
    if (value > 1) this.#tolerate(at, "XDR_BOOL", `a bool of ${value}`, place);
    return value !== 0;
  }

  /** `enum` at an offset. */
  getEnum<E extends number>(at: number, is: (value: number) => value is E, place?: string): E {
    const value = this.#view.getInt32(at);
    if (is(value)) return value;
    this.#forgive(at, "XDR_ENUM", `${value} is not one of the enum's values`, place);
    return value as E; // lenient: the caller asked for numbers outside of the type
  }

  /** Fixed-length opaque data at an offset; its padding is checked. */
  getOpaque(at: number, length: number, place?: string): Uint8Array {
    const end = at + length;
    if (length === 0) return new Uint8Array(0);
    this.#padding(end, place);
    return length < OPAQUE_COPY_BYTES ? this.#bytes.slice(at, end) : this.#bytes.subarray(at, end);
  }

  // ---- failures

  /** Throws for a discriminant, just read, that selects no arm. */
  badUnion(value: number | bigint | boolean, place?: string): never {
    return this.#refuse(this.#at - 4, "XDR_UNION", `${value} selects no arm`, place);
  }

  /** Throws an `XdrError` with the reader's position. */
  fail(code: XdrErrorCode, message: string, place?: string): never {
    return this.#refuse(this.#at, code, message, place);
  }

  #refuse(at: number, code: XdrErrorCode, message: string, place: string | undefined): never {
    throw new XdrError(code, message, place ?? "", at - this.#base);
  }

  #length(what: string, place: string | undefined, max: number): number {
    const at = this.#at;
    const length = this.uint32(place);
    if (length > max) this.#refuse(at, "XDR_LENGTH", `${what} of ${length} bytes exceeds ${max}`, place);
    if (length > this.remaining) {
      this.#refuse(at, "XDR_TRUNCATED", `${what} of ${length} bytes, ${this.remaining} remain`, place);
    }
    return length;
  }

  // Where the text of a string ends, whose padding is checked: libtirpc's ends at a NUL.
  #textEnd(start: number, length: number, place: string | undefined): number {
    const end = start + length;
    this.#padding(end, place);
    if (!this.#lenient) return end;
    const nul = this.#bytes.subarray(start, end).indexOf(0);
    if (nul < 0) return end;
    this.#tolerated++;
    return start + nul;
  }

  // Padding goes to the next multiple of four of the message, where every item begins; it is what is left of the last word.
  #padding(end: number, place: string | undefined): void {
    const used = (end - this.#base) & 3;
    if (used === 0 || this.#view.getInt32(end - used) << (8 * used) === 0) return;
    let at = end;
    while (this.#bytes[at] === 0) at++;
    this.#tolerate(at, "XDR_PADDING", "padding is not zero", place); // one item counts once
  }

  #narrowed(at: number, value: number, narrow: number, type: string, place: string | undefined): number {
    this.#forgive(at, "XDR_RANGE", `${value} is out of the range of ${type}`, place);
    return narrow;
  }

  #unsafe(at: number, value: bigint, place: string | undefined): never {
    return this.#refuse(at, "XDR_RANGE", `${value} is no safe integer, as a number has to be`, place);
  }

  #tolerate(at: number, code: XdrErrorCode, message: string, place: string | undefined): void {
    if (!this.#tolerant) this.#refuse(at, code, `${message} (accepted with xdr: "tolerant")`, place);
    this.#tolerated++;
  }

  #forgive(at: number, code: XdrErrorCode, message: string, place: string | undefined): void {
    if (!this.#lenient) this.#refuse(at, code, `${message} (accepted with xdr: "lenient")`, place);
    this.#tolerated++;
  }
}
