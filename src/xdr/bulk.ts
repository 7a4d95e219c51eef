/**
 * Swapping the bytes of many numbers at once. In JavaScript that is a loop; the addon does it in a quarter of the time and less,
 * which the runtime gives where it has it.
 */

/** Copies numbers from one array to another, or within one, and reverses the bytes of each. Offsets and length are in bytes. */
export interface BulkSwap {
  /** Of four bytes each. */
  swap32(to: ArrayBufferView, toByte: number, from: ArrayBufferView, fromByte: number, bytes: number): void;
  /** Of eight bytes each. */
  swap64(to: ArrayBufferView, toByte: number, from: ArrayBufferView, fromByte: number, bytes: number): void;
}

/** Elements below which a loop is as fast as the call. */
export const BULK_ELEMENTS = 64;

/** Whether this machine's numbers have their last byte first. */
export const IS_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

let found: BulkSwap | undefined;
let find: (() => BulkSwap | undefined) | undefined;

/**
 * Sets where the swap of many numbers comes from. The runtime does it with the addon's; without it there are loops.
 * @param provider asked once, at the first array that is long enough; it yields nothing where there is none
 */
export function setBulkSwap(provider: () => BulkSwap | undefined): void {
  // Where numbers lie as they are sent, loops copy them as well.
  if (IS_LITTLE_ENDIAN) find = provider;
}

/** The swap for so many elements; undefined where a loop is to do it. */
export function bulkSwap(elements: number): BulkSwap | undefined {
  if (elements < BULK_ELEMENTS) return undefined;
  if (find !== undefined) {
    found = find();
    find = undefined;
  }
  return found;
}
