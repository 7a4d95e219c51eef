/** Bytes that one encoding may take: a cyclic list ends here and not in an exhausted heap. */
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;

/** Recursive types within each other (lists do not count). Each level takes a few frames of the call stack. */
export const DEFAULT_MAX_DEPTH: number = 256;

/**
 * Elements of all arrays of one message. Bytes bound them already, four for each element; this bounds arrays whose
 * elements take no bytes at all.
 */
export const DEFAULT_MAX_ELEMENTS: number = 16 * 1024 * 1024;

/** The largest length that XDR can state (RFC 4506 section 4.10). */
export const XDR_MAX_LENGTH: number = 0xffff_ffff;

/** Opaque values below this many bytes are copied when decoded, so that they do not keep a large message alive. */
export const OPAQUE_COPY_BYTES: number = 256;
