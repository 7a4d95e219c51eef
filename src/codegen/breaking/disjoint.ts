/** Sets of things that have been compared with each other, directly or through others (union-find). */

/**
 * Comparing is transitive: where a is like b, b like c and c like d, a is like d, and has not to be compared. So as many
 * comparisons are enough as there are definitions, however they hold each other, and recursion ends: two that are being
 * compared count as compared.
 */
export class DisjointSets {
  readonly #parents = new Map<object, object>();

  /** Joins the sets of both; false where they are one already. */
  join(a: object, b: object): boolean {
    const [rootA, rootB] = [this.#root(a), this.#root(b)];
    if (rootA === rootB) return false;
    this.#parents.set(rootA, rootB);
    return true;
  }

  #root(start: object): object {
    let root = start;
    for (let up = this.#parents.get(root); up; up = this.#parents.get(root)) root = up;
    for (let node = start; node !== root;) {
      const up = this.#parents.get(node) ?? root;
      this.#parents.set(node, root);
      node = up;
    }
    return root;
  }
}
