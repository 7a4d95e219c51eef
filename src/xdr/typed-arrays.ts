/** Arrays of numbers as typed arrays, in loops over a view: what is done without a swap of many. */

import { IS_LITTLE_ENDIAN } from "./bulk.ts";

/** What a typed array holds, and how wide that is. */
export interface NumberKind {
  readonly name: string;
  readonly bytes: 4 | 8;
}

export const INT32: NumberKind = { name: "Int32Array", bytes: 4 };
export const UINT32: NumberKind = { name: "Uint32Array", bytes: 4 };
export const INT64: NumberKind = { name: "BigInt64Array", bytes: 8 };
export const UINT64: NumberKind = { name: "BigUint64Array", bytes: 8 };
export const FLOAT: NumberKind = { name: "Float32Array", bytes: 4 };
export const DOUBLE: NumberKind = { name: "Float64Array", bytes: 8 };

/** A typed array that a declaration can have. */
export type NumberArray = Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;

/** Whether the value is a typed array of the kind. Not instanceof: arrays of another realm are as good. */
export function isArrayOf(kind: NumberKind, value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && (value as NumberArray)[Symbol.toStringTag] === kind.name;
}

/** Where the first word of eight bytes lies, as they are sent, in this machine's memory. */
const HIGH = IS_LITTLE_ENDIAN ? 4 : 0;

/** Stores the bits of each element: the numbers of a typed array need no check. */
export function storeArray(view: DataView, at: number, values: NumberArray): void {
  const { byteLength } = values;
  const from = new DataView(values.buffer, values.byteOffset, byteLength);
  if (values.BYTES_PER_ELEMENT === 4) {
    for (let i = 0; i < byteLength; i += 4) view.setInt32(at + i, from.getInt32(i, IS_LITTLE_ENDIAN));
    return;
  }
  for (let i = 0; i < byteLength; i += 8) {
    view.setInt32(at + i, from.getInt32(i + HIGH, IS_LITTLE_ENDIAN));
    view.setInt32(at + i + 4, from.getInt32(i + 4 - HIGH, IS_LITTLE_ENDIAN));
  }
}

/** Loads the bits of each element into an array that has its memory for itself. */
export function loadArray(view: DataView, at: number, values: NumberArray): void {
  const { byteLength } = values;
  const to = new DataView(values.buffer);
  if (values.BYTES_PER_ELEMENT === 4) {
    for (let i = 0; i < byteLength; i += 4) to.setInt32(i, view.getInt32(at + i), IS_LITTLE_ENDIAN);
    return;
  }
  for (let i = 0; i < byteLength; i += 8) {
    to.setInt32(i + HIGH, view.getInt32(at + i), IS_LITTLE_ENDIAN);
    to.setInt32(i + 4 - HIGH, view.getInt32(at + i + 4), IS_LITTLE_ENDIAN);
  }
}
