/** Which item of OLD is which of NEW, in lists whose order is the order on the wire. */

export interface Named {
  readonly name: string | undefined;
}

export interface Alignment<T> {
  /** The same item, under the same name or a new one. */
  readonly pairs: readonly (readonly [old: T, fresh: T])[];
  readonly removed: readonly T[];
  readonly added: readonly T[];
  /** Of NEW: those that have changed places. They are in `pairs`, too. */
  readonly moved: readonly T[];
}

/**
 * By their names first: the longest run of names in the same order stays where it is, and other names of both lists have
 * moved. What lies between two that stay is renamed where both lists have as many there, else added or removed, but for
 * those at either end of the gap that `alike` says could be one.
 */
export function align<T extends Named>(
  old: readonly T[],
  fresh: readonly T[],
  alike: (old: T, fresh: T) => boolean,
): Alignment<T> {
  const places = new Map<string, number>();
  for (const [at, { name }] of fresh.entries()) if (name !== undefined && !places.has(name)) places.set(name, at);
  const common: (readonly [from: number, to: number])[] = [];
  for (const [from, { name }] of old.entries()) {
    const to = name === undefined ? undefined : places.get(name);
    if (name === undefined || to === undefined) continue;
    common.push([from, to]);
    places.delete(name);
  }
  const staying = longestIncreasing(common);
  const isStaying = new Set(staying);
  const moves = common.filter((pair) => !isStaying.has(pair));
  const movedFrom = new Set(moves.map(([from]) => from));
  const movedTo = new Set(moves.map(([, to]) => to));

  const pairs: (readonly [T, T])[] = [];
  const removed: T[] = [];
  const added: T[] = [];
  let [oldStart, freshStart] = [0, 0];
  for (const [from, to] of [...staying, [old.length, fresh.length] as const]) {
    const left = old.slice(oldStart, from).filter((_, at) => !movedFrom.has(oldStart + at));
    const right = fresh.slice(freshStart, to).filter((_, at) => !movedTo.has(freshStart + at));
    const [head, tail] = renamed(left, right, alike);
    for (let at = 0; at < head; at++) push(pairs, left[at], right[at]);
    removed.push(...left.slice(head, left.length - tail));
    added.push(...right.slice(head, right.length - tail));
    for (let at = tail; at > 0; at--) push(pairs, left.at(-at), right.at(-at));
    push(pairs, old[from], fresh[to]);
    [oldStart, freshStart] = [from + 1, to + 1];
  }
  for (const [from, to] of moves) push(pairs, old[from], fresh[to]);
  const moved = moves.map(([, to]) => fresh[to]).filter((item) => item !== undefined);
  return { pairs, removed, added, moved };
}

function push<T>(pairs: (readonly [T, T])[], old: T | undefined, fresh: T | undefined): void {
  if (old !== undefined && fresh !== undefined) pairs.push([old, fresh]);
}

/** How many items of a gap are renamed, at its head and at its tail. */
function renamed<T>(
  left: readonly T[],
  right: readonly T[],
  alike: (old: T, fresh: T) => boolean,
): [head: number, tail: number] {
  if (left.length === right.length) return [left.length, 0];
  const least = Math.min(left.length, right.length);
  const same = (old: T | undefined, fresh: T | undefined): boolean =>
    old !== undefined && fresh !== undefined && alike(old, fresh);
  let head = 0;
  while (head < least && same(left[head], right[head])) head++;
  let tail = 0;
  while (tail < least - head && same(left.at(-tail - 1), right.at(-tail - 1))) tail++;
  return [head, tail];
}

/** The longest subsequence whose second numbers rise (patience sorting); the first ones rise already. */
function longestIncreasing(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  /** For each length, the place of the pair with the least end. */
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  const endOf = (place: number | undefined): number => (place === undefined ? -1 : (pairs[place]?.[1] ?? -1));
  for (const [at, [, value]] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endOf(ends[middle]) < value) low = middle + 1;
      else high = middle;
    }
    before[at] = low === 0 ? undefined : ends[low - 1];
    ends[low] = at;
  }
  const result: (readonly [number, number])[] = [];
  for (let at = ends.at(-1); at !== undefined; at = before[at]) {
    const pair = pairs[at];
    if (pair) result.push(pair);
  }
  return result.reverse();
}
