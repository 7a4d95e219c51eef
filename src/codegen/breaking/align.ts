/** Which field of a struct is which in the new file. The wire has no names: those that stay are the landmarks. */
import type { Field } from "../model.ts";

/** Fields between two landmarks, which have other names now, or are gone, or new. */
export interface Gap {
  readonly before: readonly Field[];
  readonly after: readonly Field[];
}

export interface Alignment {
  /** Fields of the same name in the same order. */
  readonly kept: readonly (readonly [old: Field, now: Field])[];
  /** Fields of the same name that others have passed. */
  readonly moved: readonly (readonly [old: Field, now: Field])[];
  readonly gaps: readonly Gap[];
}

export function alignFields(before: readonly Field[], after: readonly Field[]): Alignment {
  const positions = new Map(before.map(({ name }, at) => [name, at]));
  const common = after.flatMap((now) => {
    const at = positions.get(now.name);
    const old = at === undefined ? undefined : before[at];
    return old && at !== undefined ? [{ old, now, at }] : [];
  });
  const inOrder = longestAscending(common.map(({ at }) => at));
  const kept = common.filter((_, index) => inOrder.has(index));
  const moved = common.filter((_, index) => !inOrder.has(index));
  const gone = new Set(moved.flatMap(({ old, now }) => [old, now]));
  const landmarks = new Set(kept.flatMap(({ old, now }) => [old, now]));
  const oldGaps = splitAt(before, landmarks, gone);
  const newGaps = splitAt(after, landmarks, gone);
  const pair = ({ old, now }: { old: Field; now: Field }): readonly [Field, Field] => [old, now];
  return {
    kept: kept.map(pair),
    moved: moved.map(pair),
    gaps: oldGaps.map((gap, at) => ({ before: gap, after: newGaps[at] ?? [] })),
  };
}

/** What stands before, between and behind the landmarks. */
function splitAt(fields: readonly Field[], landmarks: ReadonlySet<Field>, left: ReadonlySet<Field>): Field[][] {
  const gaps: Field[][] = [[]];
  for (const field of fields) {
    if (landmarks.has(field)) gaps.push([]);
    else if (!left.has(field)) gaps.at(-1)?.push(field);
  }
  return gaps;
}

/** Indexes of a longest ascending subsequence, in time n log n: structs have hundreds of fields. */
function longestAscending(values: readonly number[]): ReadonlySet<number> {
  /** For each length, the index of the least value that ends a subsequence of that length. */
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    let low = 0;
    for (let high = ends.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((values[ends[middle] ?? 0] ?? Infinity) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = ends[low - 1];
    ends[low] = index;
  }
  const found = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = previous[at]) found.add(at);
  return found;
}
