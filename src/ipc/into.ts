/**
 * Space of the caller's to receive into.
 * @module
 */
export interface IntoOptions {
  /**
   * Receives into these bytes, at most as many, instead of memory of its own: what comes out is these bytes, or a view of as
   * many of the first as came. Nobody else may use them until then.
   */
  into?: Uint8Array | undefined;
}

/** The space that the options give, at most `maxBytes` of it. @throws RangeError where there is none */
export function spaceInto(into: Uint8Array, maxBytes: number | undefined): Uint8Array {
  if (into.length === 0) throw new RangeError("into must have room for at least 1 byte");
  return maxBytes === undefined || maxBytes >= into.length ? into : into.subarray(0, maxBytes);
}

/** What was received into the caller's space: itself where it is full, which needs no view. */
export function filled(space: Uint8Array, length: number): Uint8Array {
  return length === space.length ? space : space.subarray(0, length);
}

/** What was received elsewhere, in the caller's space. It stays where it is if the space was transferred meanwhile. */
export function movedInto(into: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (into.length < bytes.length) return bytes;
  into.set(bytes);
  return filled(into, bytes.length);
}
