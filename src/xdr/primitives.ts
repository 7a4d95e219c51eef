/** Codecs of the language's own types: what the arguments and results of procedures name. */
import type { XdrCodec } from "./codec.ts";

/** `void`: no bytes. */
export const voidCodec: XdrCodec<void> = { encode: () => undefined, decode: () => undefined };

/** `char`: -128 to 127, four bytes. */
export const int8Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.int8(value, "char");
  },
  decode: (r) => r.int8("char"),
};

/** `unsigned char`: 0 to 255, four bytes. */
export const uint8Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.uint8(value, "unsigned char");
  },
  decode: (r) => r.uint8("unsigned char"),
};

/** `short`: four bytes. */
export const int16Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.int16(value, "short");
  },
  decode: (r) => r.int16("short"),
};

/** `unsigned short`: four bytes. */
export const uint16Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.uint16(value, "unsigned short");
  },
  decode: (r) => r.uint16("unsigned short"),
};

/** `int`, `long`: RFC 4506 section 4.1. */
export const int32Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.int32(value, "int");
  },
  decode: (r) => r.int32("int"),
};

/** `unsigned int`, `unsigned long`: RFC 4506 section 4.2. */
export const uint32Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.uint32(value, "unsigned int");
  },
  decode: (r) => r.uint32("unsigned int"),
};

/** `hyper`: RFC 4506 section 4.5. */
export const int64Codec: XdrCodec<bigint> = {
  encode: (w, value) => {
    w.int64(value, "hyper");
  },
  decode: (r) => r.int64("hyper"),
};

/** `unsigned hyper`: RFC 4506 section 4.5. */
export const uint64Codec: XdrCodec<bigint> = {
  encode: (w, value) => {
    w.uint64(value, "unsigned hyper");
  },
  decode: (r) => r.uint64("unsigned hyper"),
};

/** `hyper` as a number, which must be a safe integer: RFC 4506 section 4.5. */
export const safeInt64Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.safeInt64(value, "hyper");
  },
  decode: (r) => r.safeInt64("hyper"),
};

/** `unsigned hyper` as a number, which must be a safe integer: RFC 4506 section 4.5. */
export const safeUint64Codec: XdrCodec<number> = {
  encode: (w, value) => {
    w.safeUint64(value, "unsigned hyper");
  },
  decode: (r) => r.safeUint64("unsigned hyper"),
};

/** `float`: RFC 4506 section 4.6. */
export const floatCodec: XdrCodec<number> = {
  encode: (w, value) => {
    w.float(value, "float");
  },
  decode: (r) => r.float("float"),
};

/** `double`: RFC 4506 section 4.7. */
export const doubleCodec: XdrCodec<number> = {
  encode: (w, value) => {
    w.double(value, "double");
  },
  decode: (r) => r.double("double"),
};

/** `quadruple`: 16 bytes, RFC 4506 section 4.8. */
export const quadrupleCodec: XdrCodec<Uint8Array> = {
  encode: (w, value) => {
    w.quadruple(value, "quadruple");
  },
  decode: (r) => r.quadruple("quadruple"),
};

/** `bool`: RFC 4506 section 4.4. */
export const boolCodec: XdrCodec<boolean> = {
  encode: (w, value) => {
    w.bool(value, "bool");
  },
  decode: (r) => r.bool("bool"),
};

/** `string` without a bound: RFC 4506 section 4.11. */
export const stringCodec: XdrCodec<string> = {
  encode: (w, value) => {
    w.string(value, "string");
  },
  decode: (r) => r.string("string"),
};

/** `string` without a bound, whose bytes are characters from U+0000 to U+00FF. */
export const latin1Codec: XdrCodec<string> = {
  encode: (w, value) => {
    w.latin1(value, "string");
  },
  decode: (r) => r.latin1("string"),
};

/** `opaque` or `string` without a bound, as bytes: RFC 4506 sections 4.10 and 4.11. */
export const opaqueCodec: XdrCodec<Uint8Array> = {
  encode: (w, value) => {
    w.opaque(value, "opaque");
  },
  decode: (r) => r.opaque("opaque"),
};
