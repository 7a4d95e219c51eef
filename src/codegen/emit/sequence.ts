/**
 * Values one after the other: a struct's fields, a procedure's arguments. Neighbours of fixed size form a run, which
 * reserves or takes its bytes once.
 */
import { decodeItem, encodeItem } from "./item.ts";
import { type RunSlot, type Slot, runSlot } from "./leaf.ts";
import { localName } from "./local-name.ts";
import type { Scope } from "./scope.ts";
import { quote } from "./text.ts";

/** A slot with the name of the member that it becomes. */
export interface MemberSlot extends Slot {
  readonly name: string;
}

type Group =
  | { readonly kind: "run"; readonly slots: { readonly slot: MemberSlot; readonly run: RunSlot }[]; leaves: number }
  | { readonly kind: "item"; readonly slot: MemberSlot };

/** A struct is inlined only into runs that stay this short; single items always go on. */
const MAX_RUN_LEAVES = 64;

function group(scope: Scope, slots: readonly MemberSlot[]): Group[] {
  const groups: Group[] = [];
  for (const slot of slots) {
    const run = runSlot(scope, slot);
    const last = groups.at(-1);
    if (run === undefined) {
      groups.push({ kind: "item", slot });
    } else if (last?.kind !== "run") {
      groups.push({ kind: "run", slots: [{ slot, run }], leaves: run.leaves.length });
    } else if (run.leaves.length === 1 || last.leaves + run.leaves.length <= MAX_RUN_LEAVES) {
      last.slots.push({ slot, run });
      last.leaves += run.leaves.length;
    } else {
      groups.push({ kind: "item", slot });
    }
  }
  // One item needs no run: the plain call does the same.
  return groups.flatMap((it): Group[] =>
    it.kind === "run" && it.leaves <= 1 ? it.slots.map(({ slot }) => ({ kind: "item", slot })) : [it],
  );
}

/** Statements that write the values in order. `place` names the run in errors. */
export function encodeSequence(scope: Scope, slots: readonly MemberSlot[], place: string): string[] {
  const offsets = new OffsetNames();
  return group(scope, slots).map((it) => {
    if (it.kind === "item") return encodeItem(scope, it.slot);
    const at = offsets.next();
    const lines: string[] = [];
    let offset = 0;
    for (const leaf of it.slots.flatMap(({ run }) => run.leaves)) {
      lines.push(leaf.set(plus(at, offset)));
      offset += leaf.bytes;
    }
    return [`const ${at} = w.reserve(${offset}, ${quote(place)});`, ...lines].join("\n");
  });
}

/** Statements that read the values, and for each member the expression that then gives it. */
export interface SequenceReading {
  readonly statements: readonly string[];
  readonly members: readonly { readonly name: string; readonly expression: string }[];
}

/**
 * Reads the values in order. Expressions at offsets of a run may come late, since the run was taken in its turn; those
 * that go forward become variables where a statement follows.
 */
export function decodeSequence(
  scope: Scope,
  slots: readonly MemberSlot[],
  place: string,
  taken: Iterable<string> = [],
): SequenceReading {
  const offsets = new OffsetNames();
  const locals = new Set<string>(taken);
  const statements: string[] = [];
  const members: { name: string; expression: string; forward?: string }[] = [];
  const hoist = (): void => {
    for (const member of members) {
      if (member.forward === undefined) continue;
      statements.push(`const ${member.forward} = ${member.expression};`);
      member.expression = member.forward;
      delete member.forward;
    }
  };
  for (const it of group(scope, slots)) {
    if (it.kind === "item") {
      const { name } = it.slot;
      const local = localName(scope, name, locals);
      const reading = decodeItem(scope, it.slot, local);
      if (reading.statements.length > 0) {
        hoist();
        statements.push(...reading.statements);
        members.push({ name, expression: reading.expression });
      } else {
        members.push({ name, expression: reading.expression, forward: local });
      }
      continue;
    }
    hoist();
    const at = offsets.next();
    const starts: number[] = [];
    let total = 0;
    for (const leaf of it.slots.flatMap(({ run }) => run.leaves)) {
      starts.push(total);
      total += leaf.bytes;
    }
    statements.push(`const ${at} = r.take(${total}, ${quote(place)});`);
    let first = 0;
    for (const { slot, run } of it.slots) {
      const base = first;
      members.push({ name: slot.name, expression: run.get((index) => plus(at, starts[base + index] ?? 0)) });
      first += run.leaves.length;
    }
  }
  return { statements, members };
}

function plus(at: string, offset: number): string {
  return offset === 0 ? at : `${at} + ${offset}`;
}

class OffsetNames {
  #count = 0;

  next(): string {
    this.#count++;
    return this.#count === 1 ? "at" : `at${this.#count}`;
  }
}
