/** Types that hold themselves with nothing to end it, and types within types too deep. */
import type * as ast from "../ast.ts";
import { bodiesOf, declarationsOf, isBody, isSelfAlias } from "../ast-walk.ts";
import { components } from "../graph.ts";
import { MAX_NESTING } from "../limits.ts";
import type { CheckContext } from "./context.ts";
import { endlessNodes } from "./endless.ts";

/** What can hold, and be held. Nested types are nodes of their own. */
type TypeNode = ast.Body | ast.TypedefNode;

/** A type held by value, and the declaration that holds it. */
interface Holding {
  readonly held: TypeNode;
  readonly declaration: ast.DeclarationNode;
}

export function checkSizes(context: CheckContext): void {
  const nodes: TypeNode[] = [];
  const names = new Map<TypeNode, ast.Name>();
  for (const definition of context.specification.definitions) {
    for (const body of bodiesOf(definition)) nodes.push(body);
    if (definition.kind === "type") names.set(definition.body, definition.name);
    if (definition.kind !== "typedef" || isSelfAlias(definition)) continue;
    nodes.push(definition);
    names.set(definition, definition.name);
  }
  const inCircle = checkTypedefs(context, nodes, names);
  checkHoldings(context, nodes, names, inCircle);
}

/** Typedefs that lead to each other alone, be it through pointers and arrays, define nothing. */
function checkTypedefs(
  { scope, report }: CheckContext,
  nodes: readonly TypeNode[],
  names: ReadonlyMap<TypeNode, ast.Name>,
): ReadonlySet<TypeNode> {
  const typedefs = nodes.filter((node) => node.kind === "typedef");
  const edges = ({ declaration: { type } }: ast.TypedefNode): ast.TypedefNode[] => {
    const entry = type.kind === "reference" ? scope.find(type.name.text) : undefined;
    return entry?.kind === "type" && entry.node.kind === "typedef" ? [entry.node] : [];
  };
  const inCircle = new Set<TypeNode>();
  for (const component of components(typedefs, edges)) {
    const cycle = cycleIn(component, edges);
    if (cycle.length === 0) continue;
    for (const node of component) inCircle.add(node);
    reportCycle(report, "typedef-cycle", "is defined by itself alone", cycle, names, cycle[0]?.name.span);
  }
  return inCircle;
}

/**
 * A type that holds itself by value is right where a union ends it, as in Stellar's Stellar-contract-spec.x; C has no such
 * types. Otherwise only a pointer or a `<>` array ends the circle.
 */
function checkHoldings(
  context: CheckContext,
  nodes: readonly TypeNode[],
  names: ReadonlyMap<TypeNode, ast.Name>,
  inCircle: ReadonlySet<TypeNode>,
): void {
  const holdings = new Map(nodes.map((node) => [node, inCircle.has(node) ? [] : heldBy(context, node)]));
  const held = (node: TypeNode): TypeNode[] => (holdings.get(node) ?? []).map((holding) => holding.held);
  const endless = endlessNodes(nodes, held, (node) => isEndedByOne(context, node));
  const endlessHeld = (node: TypeNode): TypeNode[] => held(node).filter((it) => endless.has(it));
  for (const component of components(endless, endlessHeld)) {
    const cycle = cycleIn(component, endlessHeld);
    const [first, second = first] = cycle;
    if (!first) continue;
    const step = holdings.get(first)?.find((holding) => holding.held === second);
    reportCycle(context.report, "infinite-size", "holds itself", cycle, names, step?.declaration.span);
  }
  checkDepths(context, nodes, names, (node) => (endless.has(node) ? [] : held(node).filter((it) => !endless.has(it))));
}

/** Whether a union has an arm that holds nothing of what is looked at: undefined for what is no union. */
function isEndedByOne(context: CheckContext, node: TypeNode): boolean | undefined {
  if (node.kind !== "union") return undefined;
  const arms = [...node.cases, ...(node.default ? [node.default] : [])];
  return arms.length === 0 || arms.some(({ declaration }) => heldIn(context, declaration) === undefined);
}

function checkDepths(
  context: CheckContext,
  nodes: readonly TypeNode[],
  names: ReadonlyMap<TypeNode, ast.Name>,
  held: (node: TypeNode) => readonly TypeNode[],
): void {
  const depths = new Map<TypeNode, number>();
  // Components come behind those that they lead to, so the depths of what their nodes hold are known.
  for (const component of components(nodes, held)) {
    const below = component.flatMap(held).reduce((most, it) => Math.max(most, depths.get(it) ?? 0), 0);
    // Around a circle no way is longer than its nodes are many.
    const depth = component.length + below;
    for (const node of component) depths.set(node, depth);
    const [node] = component;
    if (depth <= MAX_NESTING || !node) continue;
    const { span } = names.get(node) ?? node;
    context.report("nesting-too-deep", span, `types hold each other more than ${MAX_NESTING} deep`);
    return;
  }
}

function heldBy(context: CheckContext, node: TypeNode): Holding[] {
  const declarations = node.kind === "typedef" ? [node.declaration] : declarationsOf(node);
  return declarations.flatMap((declaration) => {
    const held = heldIn(context, declaration);
    return held ? [{ held, declaration }] : [];
  });
}

function heldIn({ scope, constants }: CheckContext, { type, star, shape }: ast.DeclarationNode): TypeNode | undefined {
  const isEmpty = shape.kind === "fixed" && constants.use(shape.size) === 0n;
  if (star || shape.kind === "variable" || isEmpty) return undefined;
  if (isBody(type)) return type;
  const entry = type.kind === "reference" ? scope.find(type.name.text) : undefined;
  if (entry?.kind !== "type") return undefined;
  return entry.node.kind === "type" ? entry.node.body : entry.node;
}

/** A shortest way within the component from its first node, in the order of the source, back to it; empty if there is none. */
function cycleIn<N extends TypeNode>(component: readonly N[], edges: (node: N) => readonly N[]): N[] {
  const [start] = component.toSorted((a, b) => a.span.start - b.span.start);
  if (!start) return [];
  const members = new Set(component);
  const from = new Map<N, N>();
  const queue = [start];
  for (const node of queue) {
    for (const next of edges(node)) {
      if (next === start) {
        const path = [node];
        for (let at = from.get(node); at && node !== start; at = from.get(at)) path.push(at);
        return path.reverse();
      }
      if (!members.has(next) || from.has(next)) continue;
      from.set(next, node);
      queue.push(next);
    }
  }
  return [];
}

function reportCycle(
  report: CheckContext["report"],
  code: "typedef-cycle" | "infinite-size",
  what: string,
  cycle: readonly TypeNode[],
  names: ReadonlyMap<TypeNode, ast.Name>,
  span: ast.Span | undefined,
): void {
  const named = cycle.map((node) => names.get(node)).filter((name) => name !== undefined);
  const [first] = named;
  if (!first) return;
  const texts = [...named.map(({ text }) => text), first.text];
  const shown = texts.length > 8 ? [...texts.slice(0, 6), "…", first.text] : texts;
  const way = named.length > 1 ? `: ${shown.join(" → ")}` : "";
  const hint = code === "infinite-size" ? "hold it by a pointer: type *name;" : undefined;
  const notes = named.slice(1, 6).map((name) => ({ message: `'${name.text}' is defined here`, span: name.span }));
  report(code, span ?? first.span, `'${first.text}' ${what}${way}`, { hint, notes });
}
