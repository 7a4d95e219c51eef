/** Programs, versions and procedures: known by their numbers on the wire, and by their names to people. */

export interface Numbered {
  readonly name: string;
  readonly number: number;
}

export interface Matches<T> {
  /** The same number; the name may be another. */
  readonly pairs: readonly (readonly [old: T, fresh: T])[];
  /** The same name, and another number. */
  readonly renumbered: readonly (readonly [old: T, fresh: T])[];
  /** In OLD alone. Their numbers may be others' now. */
  readonly removed: readonly T[];
}

/**
 * A name that both have is the same thing; of the others those with the same number are one, renamed.
 *
 * @param namesMove whether a name may go to a newcomer, such as a version's to the next one: what has the number then,
 *   under a new name, is the same thing. Not for procedures: there it is rather that one was put in before.
 */
export function matchNumbered<T extends Numbered>(
  old: readonly T[],
  fresh: readonly T[],
  namesMove: boolean,
): Matches<T> {
  const byName = new Map(fresh.map((item) => [item.name, item]));
  const oldNames = new Set(old.map(({ name }) => name));
  const newcomers = new Map(fresh.filter(({ name }) => !oldNames.has(name)).map((item) => [item.number, item]));
  const oldNumbers = new Set(old.map(({ number }) => number));
  const pairs: (readonly [T, T])[] = [];
  const renumbered: (readonly [T, T])[] = [];
  const removed: T[] = [];
  for (const item of old) {
    const namesake = byName.get(item.name);
    const successor = newcomers.get(item.number);
    const hasMoved = namesMove && successor && namesake && !oldNumbers.has(namesake.number);
    const other = hasMoved ? successor : (namesake ?? successor);
    if (!other) removed.push(item);
    else if (other.number === item.number) pairs.push([item, other]);
    else renumbered.push([item, other]);
  }
  return { pairs, renumbered, removed };
}
