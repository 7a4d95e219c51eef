/** Compares types of two files. In a loop over a list of tasks: types hold each other without end, and chain without a bound. */
import type { ReferencedType, Type, TypeDefinition } from "../model.ts";
import { Changes, type Peers, type Place } from "./change.ts";
import { compareEnums } from "./compare-enum.ts";
import { compareLeaves } from "./compare-leaf.ts";
import { compareStructs } from "./compare-struct.ts";
import { compareUnions } from "./compare-union.ts";

export class Comparison {
  readonly changes: Changes = new Changes();
  readonly #peersOf: (old: TypeDefinition, now: TypeDefinition) => Peers;
  readonly #tasks: (() => void)[] = [];
  /** What each definition has been compared with: each pair is compared once. */
  readonly #known = new Map<ReferencedType, Set<ReferencedType>>();

  constructor(peersOf: (old: TypeDefinition, now: TypeDefinition) => Peers) {
    this.#peersOf = peersOf;
  }

  /** Whether a definition of the old file has been compared with any. */
  hasSeen(old: TypeDefinition): boolean {
    return this.#known.has(old);
  }

  /** Puts two types on the list. `place` is where they are used. */
  types(old: Type, now: Type, place: Place): void {
    this.#tasks.push(() => {
      this.#compare(old, now, place);
    });
  }

  definitions(old: TypeDefinition, now: TypeDefinition): void {
    this.types({ kind: "ref", to: old }, { kind: "ref", to: now }, this.placeOf(old, now));
  }

  /** Works the list off. */
  run(): void {
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) task();
  }

  placeOf(old: TypeDefinition, now: TypeDefinition): Place {
    const what = `${now.kind} '${now.name}'`;
    return { what, span: now.span, oldSpan: old.span, peers: this.#peersOf(old, now) };
  }

  #compare(old: Type, now: Type, place: Place): void {
    if (old.kind !== "ref" || now.kind !== "ref") {
      compareLeaves(this, old, now, place);
      return;
    }
    const [from, to] = [old.to, now.to];
    const known = this.#known.get(from);
    if (known?.has(to)) return;
    if (known) known.add(to);
    else this.#known.set(from, new Set([to]));
    if (from.kind === "struct" && to.kind === "struct") compareStructs(this, from, to);
    else if (from.kind === "union" && to.kind === "union") compareUnions(this, from, to);
    else if (from.kind === "enum" && to.kind === "enum") compareEnums(this, from, to);
    else if (from.kind === "typedef" && to.kind === "typedef") this.types(from.type, to.type, this.placeOf(from, to));
    else if (from.kind === "typedef") this.types(from.type, now, place);
    else if (to.kind === "typedef") this.types(old, to.type, place);
    else compareLeaves(this, old, now, place);
  }
}
