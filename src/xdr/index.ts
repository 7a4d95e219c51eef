/** XDR, the external data representation of RFC 4506. It knows nothing of RPC, and imports nothing. */
export { type BulkSwap, setBulkSwap } from "./bulk.ts";
export { type XdrCodec, decode, encode } from "./codec.ts";
export { XdrError, type XdrErrorCode } from "./error.ts";
export { DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, DEFAULT_MAX_ELEMENTS } from "./limits.ts";
export {
  boolCodec,
  doubleCodec,
  floatCodec,
  int16Codec,
  int32Codec,
  int64Codec,
  int8Codec,
  latin1Codec,
  opaqueCodec,
  quadrupleCodec,
  safeInt64Codec,
  safeUint64Codec,
  stringCodec,
  uint16Codec,
  uint32Codec,
  uint64Codec,
  uint8Codec,
  voidCodec,
} from "./primitives.ts";
export { XdrReader } from "./reader.ts";
export type { XdrReaderOptions, XdrStrictness } from "./reader-options.ts";
export { XdrWriter, type XdrWriterOptions } from "./writer.ts";
