/** Whether types have the same bytes exactly, however structs are cut: `struct { point p; }` and `struct { int x; int y; }`. */
import type { Type, UnionDefinition } from "../model.ts";
import { asList, type Domain, domainOf, isWithin, type WireType, wireType } from "./wire-type.ts";

/** Items of a type with its structs and fixed arrays spread out; those with more are taken for different. */
const MAX_ITEMS = 4096;

type Item = Exclude<WireType, { kind: "void" | "struct" | "fixed-list" }>;
type Task = readonly [before: readonly Type[], after: readonly Type[]];

/** Compares the concatenations. A recursive type is the same unless a difference is met. */
export function sameWire(before: readonly Type[], after: readonly Type[]): boolean {
  const tasks: Task[] = [[before, after]];
  const visited = new Map<object, Set<object>>();
  // In a loop: types chain by pointer without a bound.
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    const [old, now] = [spread(task[0]), spread(task[1])];
    if (old?.length !== now?.length || old === undefined || now === undefined) return false;
    for (const [at, item] of old.entries()) {
      const other = now[at];
      const next = other && sameItem(item, other, visited);
      if (next === undefined) return false;
      tasks.push(...next);
    }
  }
  return true;
}

function spread(types: readonly Type[]): readonly Item[] | undefined {
  const items: Item[] = [];
  // Depth is bounded: the front end refuses types that hold each other deeper than MAX_NESTING.
  const add = (type: Type): boolean => {
    const wire = wireType(type);
    switch (wire.kind) {
      case "void":
        return true;
      case "struct":
        return wire.to.fields.every((field) => add(field.type));
      case "fixed-list":
        for (let count = 0; count < wire.length; count++) {
          const length = items.length;
          if (!add(wire.element)) return false;
          if (items.length === length) return true;
        }
        return true;
      default:
        // What asList() makes of a union is a list, and no struct.
        items.push(asList(wire) as Item);
        return items.length <= MAX_ITEMS;
    }
  };
  return types.every(add) ? items : undefined;
}

/** What is left to compare; undefined where the items differ. */
function sameItem(old: Item, now: Item, visited: Map<object, Set<object>>): Task[] | undefined {
  if (old.kind === "number" && now.kind === "number") {
    return isWithin(old.domain, now.domain) && isWithin(now.domain, old.domain) ? [] : undefined;
  }
  if (old.kind === "atom" && now.kind === "atom") return old.name === now.name ? [] : undefined;
  if (old.kind === "bytes" && now.kind === "bytes") {
    return old.isText === now.isText && old.max === now.max ? [] : undefined;
  }
  if (old.kind === "fixed-bytes" && now.kind === "fixed-bytes") return old.length === now.length ? [] : undefined;
  if (old.kind === "external" && now.kind === "external") return old.to.name === now.to.name ? [] : undefined;
  if (old.kind === "list" && now.kind === "list") {
    if (old.max !== now.max) return undefined;
    const [from, to] = [definitionOf(old.element), definitionOf(now.element)];
    if (from && to && !isNew(visited, from, to)) return [];
    return [[[old.element], [now.element]]];
  }
  if (old.kind === "union" && now.kind === "union") {
    return isNew(visited, old.to, now.to) ? sameUnion(old.to, now.to) : [];
  }
  return undefined;
}

function definitionOf(type: Type): object | undefined {
  return type.kind === "ref" ? type.to : undefined;
}

function isNew(visited: Map<object, Set<object>>, old: object, now: object): boolean {
  const known = visited.get(old);
  if (known?.has(now)) return false;
  if (known) known.add(now);
  else visited.set(old, new Set([now]));
  return true;
}

function sameUnion(old: UnionDefinition, now: UnionDefinition): Task[] | undefined {
  const isSameBase =
    old.discriminant.base === now.discriminant.base ||
    sameDomain(baseDomain(old.discriminant.base), baseDomain(now.discriminant.base));
  if (!isSameBase || (old.defaultArm === undefined) !== (now.defaultArm === undefined)) return undefined;
  const [before, after] = [armsOf(old), armsOf(now)];
  if (before.size !== after.size) return undefined;
  const tasks: Task[] = [[typesOf(old.defaultArm), typesOf(now.defaultArm)]];
  for (const [value, types] of before) {
    const others = after.get(value);
    if (!others) return undefined;
    tasks.push([types, others]);
  }
  return tasks;
}

function baseDomain(base: UnionDefinition["discriminant"]["base"]): Domain | undefined {
  if (typeof base === "object") return domainOf(base);
  const wire = wireType({ kind: "primitive", name: base });
  return wire.kind === "number" ? wire.domain : undefined;
}

function sameDomain(old: Domain | undefined, now: Domain | undefined): boolean {
  return old !== undefined && now !== undefined && isWithin(old, now) && isWithin(now, old);
}

function armsOf(union: UnionDefinition): Map<number | bigint, readonly Type[]> {
  return new Map(union.arms.flatMap((arm) => arm.labels.map(({ value }) => [value, typesOf(arm)] as const)));
}

function typesOf(arm: { readonly field: { readonly type: Type } | undefined } | undefined): readonly Type[] {
  return arm?.field ? [arm.field.type] : [];
}
