/** Compares what stands one after the other on the wire: the fields of a struct, the arguments of a procedure. */
import type { Span } from "../ast.ts";
import { align } from "./align.ts";
import type { BreakingCode } from "./breaking-codes.ts";
import type { Comparison, Route } from "./comparison.ts";
import { BOTH } from "./change.ts";
import { flatten, isAlike, type Item } from "./shape.ts";

/** The words for a kind of sequence. */
interface Words {
  readonly item: string;
  readonly added: BreakingCode;
  readonly removed: BreakingCode;
  readonly reordered: BreakingCode;
}

export const FIELDS: Words = {
  item: "field",
  added: "field-added",
  removed: "field-removed",
  reordered: "fields-reordered",
};
export const ARGUMENTS: Words = {
  item: "argument",
  added: "argument-added",
  removed: "argument-removed",
  reordered: "arguments-reordered",
};

/** Names that a message lists. */
const MAX_NAMES = 6;

/** @param routeOf the route of an item, of OLD for one that is gone */
export function compareSequences(
  comparison: Comparison,
  words: Words,
  old: readonly Item[],
  fresh: readonly Item[],
  holder: { readonly path: string; readonly span: Span },
  routeOf: (item: Item) => Route,
): void {
  const { pairs, added, removed, moved } = align(old, fresh, isAlike);
  const isClean = added.length + removed.length + moved.length === 0;
  if (!isClean || !pairs.every(([from, to]) => isAlike(from, to))) {
    const same = moved.length === 0 ? pairsOfFlat(old, fresh) : undefined;
    if (same) {
      for (const [from, to] of same) laterPair(comparison, from, to, routeOf(to));
      return;
    }
  }
  for (const item of removed) {
    comparison.report(words.removed, item, `the ${words.item} is gone`, { route: routeOf(item), direction: BOTH });
  }
  for (const item of added) {
    comparison.report(words.added, item, `the ${words.item} is new`, { route: routeOf(item), direction: BOTH });
  }
  const [first] = moved;
  if (first) {
    const names = moved.slice(0, MAX_NAMES).map(({ name }) => `'${name ?? ""}'`);
    const list = [...names, ...(moved.length > MAX_NAMES ? ["…"] : [])].join(", ");
    const message = `the order of its ${words.item}s has changed: ${list} moved`;
    const place = { path: holder.path, span: first.span };
    comparison.report(words.reordered, place, message, { route: routeOf(first), direction: BOTH });
  }
  for (const [from, to] of pairs) laterPair(comparison, from, to, routeOf(to));
}

/** The parts of both, pair by pair, where they are as many and of the same shapes. */
export function pairsOfFlat(old: readonly Item[], fresh: readonly Item[]): (readonly [Item, Item])[] | undefined {
  const [from, to] = [flatten(old), flatten(fresh)];
  if (from?.length !== to?.length) return undefined;
  const pairs: (readonly [Item, Item])[] = [];
  for (const [at, item] of (from ?? []).entries()) {
    const other = to?.[at];
    if (!other || !isAlike(item, other)) return undefined;
    pairs.push([item, other]);
  }
  // Both could be too large to flatten.
  return from && to ? pairs : undefined;
}

export function laterPair(comparison: Comparison, old: Item, fresh: Item, route: Route): void {
  const spot = { path: fresh.path, old: old.span, fresh: fresh.span };
  comparison.later({ old: old.type, fresh: fresh.type, spot, route });
}
