/** Matches what both files number: programs, versions, procedures, members of enums. */

export interface Numbered {
  readonly name: string;
  readonly number: number;
}

export interface Matching<T> {
  /** The same number, with the same name or a new one. */
  readonly same: readonly (readonly [old: T, now: T])[];
  /** The same name, but another number. */
  readonly renumbered: readonly (readonly [old: T, now: T])[];
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/**
 * Whether a name says what its number means, so that a name with another number is a change even where the number is in
 * use still: so with a member that comes between others. The latest version often takes over the name of the one before,
 * which lives on under a name of its own: there only names that change places tell.
 */
export type NameWeight = "strong" | "weak";

/** The wire knows numbers alone, so a new name for a number is no change, unless it had another number before. */
export function matchNumbered<T extends Numbered>(
  before: readonly T[],
  after: readonly T[],
  weight: NameWeight,
): Matching<T> {
  const oldNames = new Map(before.map((item) => [item.name, item]));
  const newNames = new Map(after.map((item) => [item.name, item]));
  const newNumbers = new Map<number, T[]>();
  for (const item of after) newNumbers.set(item.number, [...(newNumbers.get(item.number) ?? []), item]);

  const namesake = (old: T): T | undefined => newNames.get(old.name);
  const heir = (old: T): T | undefined => {
    const there = newNumbers.get(old.number) ?? [];
    const same = there.find(({ name }) => name === old.name);
    if (same) return same;
    const mayTakeOver = ({ name, number }: T): boolean => (oldNames.get(name) ?? { number }).number === number;
    return there.find((item) => mayTakeOver(item) || (weight === "weak" && !newNames.has(old.name)));
  };
  const found = new Map<T, T>();
  const taken = new Set<T>();
  for (const find of weight === "strong" ? [namesake, heir] : [heir, namesake]) {
    for (const old of before) {
      const now = found.has(old) ? undefined : find(old);
      // What takes over the number of one can't be what another has become.
      if (!now || (taken.has(now) && now.number !== old.number)) continue;
      found.set(old, now);
      taken.add(now);
    }
  }
  const pairs = [...found];
  return {
    same: pairs.filter(([old, now]) => old.number === now.number),
    renumbered: pairs.filter(([old, now]) => old.number !== now.number),
    removed: before.filter((item) => !found.has(item)),
    added: after.filter((item) => !taken.has(item)),
  };
}
