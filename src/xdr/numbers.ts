/**
 * Arrays of numbers, in loops over a view. Those that store give the index of the first element that is not what it has to be,
 * or -1.
 */

export function storeInt32s(view: DataView, at: number, values: readonly number[]): number {
  const n = values.length;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number; // i is within; a hole is caught as any other
    if (typeof value !== "number" || value !== (value | 0)) return i;
    view.setInt32(at + 4 * i, value);
  }
  return -1;
}

export function storeUint32s(view: DataView, at: number, values: readonly number[]): number {
  const n = values.length;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    if (typeof value !== "number" || value !== value >>> 0) return i;
    view.setUint32(at + 4 * i, value);
  }
  return -1;
}

export function storeDoubles(view: DataView, at: number, values: readonly number[]): number {
  const n = values.length;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    if (typeof value !== "number") return i;
    view.setFloat64(at + 8 * i, value);
  }
  return -1;
}

// Checks apart, for arrays that are stored otherwise. Four at a time: what a loop itself takes is more than the checks do.

export function firstNotInt32(values: readonly number[]): number {
  const n = values.length;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const a = values[i] as number;
    const b = values[i + 1] as number;
    const c = values[i + 2] as number;
    const d = values[i + 3] as number;
    if (typeof a !== "number" || a !== (a | 0) || typeof b !== "number" || b !== (b | 0)) break;
    if (typeof c !== "number" || c !== (c | 0) || typeof d !== "number" || d !== (d | 0)) break;
  }
  for (; i < n; i++) {
    const value = values[i] as number;
    if (typeof value !== "number" || value !== (value | 0)) return i;
  }
  return -1;
}

export function firstNotUint32(values: readonly number[]): number {
  const n = values.length;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const a = values[i] as number;
    const b = values[i + 1] as number;
    const c = values[i + 2] as number;
    const d = values[i + 3] as number;
    if (typeof a !== "number" || a !== a >>> 0 || typeof b !== "number" || b !== b >>> 0) break;
    if (typeof c !== "number" || c !== c >>> 0 || typeof d !== "number" || d !== d >>> 0) break;
  }
  for (; i < n; i++) {
    const value = values[i] as number;
    if (typeof value !== "number" || value !== value >>> 0) return i;
  }
  return -1;
}

export function firstNotNumber(values: readonly number[]): number {
  const n = values.length;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    if (typeof values[i] !== "number" || typeof values[i + 1] !== "number") break;
    if (typeof values[i + 2] !== "number" || typeof values[i + 3] !== "number") break;
  }
  for (; i < n; i++) if (typeof values[i] !== "number") return i;
  return -1;
}

// The length is known to be there before these are called. A loop that fills is twice as fast as one that pushes.

export function loadInt32s(view: DataView, at: number, count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = view.getInt32(at + 4 * i);
  return list;
}

export function loadUint32s(view: DataView, at: number, count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = view.getUint32(at + 4 * i);
  return list;
}

export function loadFloats(view: DataView, at: number, count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = view.getFloat32(at + 4 * i);
  return list;
}

export function loadDoubles(view: DataView, at: number, count: number): number[] {
  const list = new Array<number>(count);
  for (let i = 0; i < count; i++) list[i] = view.getFloat64(at + 8 * i);
  return list;
}
