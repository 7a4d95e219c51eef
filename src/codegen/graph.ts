/** Strongly connected components of a directed graph (Tarjan), in a loop: a file may chain a hundred thousand types. */

interface Visit<N> {
  readonly node: N;
  readonly index: number;
  low: number;
  onStack: boolean;
  readonly edges: readonly N[];
  nextEdge: number;
}

/** The components, each behind those that it leads to. Nodes within one are in no particular order. */
export function components<N>(nodes: Iterable<N>, edgesOf: (node: N) => readonly N[]): N[][] {
  const visits = new Map<N, Visit<N>>();
  const stack: Visit<N>[] = [];
  const found: N[][] = [];
  const begin = (node: N): Visit<N> => {
    const index = visits.size;
    const visit = { node, index, low: index, onStack: true, edges: edgesOf(node), nextEdge: 0 };
    visits.set(node, visit);
    stack.push(visit);
    return visit;
  };
  for (const root of nodes) {
    if (visits.has(root)) continue;
    const path = [begin(root)];
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const next = visit.edges[visit.nextEdge];
      if (next !== undefined) {
        visit.nextEdge += 1;
        const seen = visits.get(next);
        if (!seen) path.push(begin(next));
        else if (seen.onStack) visit.low = Math.min(visit.low, seen.index);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent) parent.low = Math.min(parent.low, visit.low);
      if (visit.low === visit.index) found.push(popComponent(stack, visit));
    }
  }
  return found;
}

function popComponent<N>(stack: Visit<N>[], root: Visit<N>): N[] {
  const component: N[] = [];
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    visit.onStack = false;
    component.push(visit.node);
    if (visit === root) break;
  }
  return component;
}

/** Nodes that lead back to themselves. */
export function nodesOnCycles<N>(nodes: Iterable<N>, edgesOf: (node: N) => readonly N[]): Set<N> {
  const result = new Set<N>();
  for (const component of components(nodes, edgesOf)) {
    const [first] = component;
    const isCycle = component.length > 1 || (first !== undefined && edgesOf(first).includes(first));
    if (isCycle) for (const node of component) result.add(node);
  }
  return result;
}
