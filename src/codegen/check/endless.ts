/** Which types have no value that ends. */

/**
 * The nodes of which every value holds one of the same without end. A node has a value that ends as soon as all that it
 * holds have one; `isOpen` tells of a node that chooses among what it holds (undefined: it does not choose), whether one
 * of its choices holds nothing. In time proportional to the nodes and what they hold.
 */
export function endlessNodes<N>(
  nodes: readonly N[],
  held: (node: N) => readonly N[],
  isOpen: (node: N) => boolean | undefined,
): Set<N> {
  const endless = new Set(nodes);
  const holders = new Map<N, N[]>();
  /** How many of what a node holds still have to end. */
  const missing = new Map<N, number>();
  const ending: N[] = [];
  for (const node of nodes) {
    // All are in the set until the first has been found to end; what is not among the nodes ends.
    const parts = held(node).filter((part) => endless.has(part));
    for (const part of parts) {
      const known = holders.get(part);
      if (known) known.push(node);
      else holders.set(part, [node]);
    }
    const choice = isOpen(node);
    const count = choice === undefined ? parts.length : choice ? 0 : 1;
    missing.set(node, count);
    if (count === 0) ending.push(node);
  }
  for (const node of ending) {
    endless.delete(node);
    for (const holder of holders.get(node) ?? []) {
      const left = (missing.get(holder) ?? 0) - 1;
      missing.set(holder, left);
      // Once, and not again below 0.
      if (left === 0) ending.push(holder);
    }
  }
  return endless;
}
