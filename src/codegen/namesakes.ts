/**
 * Enumerators of one name in several enums. In xdrpp's dialect each enum has its own, and every file of a tree may have its
 * `SUCCESS`. Nothing here looks through all of them for each use: thousands of enums may have one name.
 */
import type * as ast from "./ast.ts";
import { isBody } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import { listed } from "./listed.ts";
import type { EnumeratorEntry } from "./resolve.ts";

/** Most enumerators that a message tells of. */
const MAX_SHOWN = 3;

export type ValueOf = (node: ast.EnumeratorNode) => bigint | undefined;

/** Those of one name, in the order of the source. */
export class Namesakes {
  readonly #entries: EnumeratorEntry[] = [];
  readonly #byBody = new Map<ast.EnumBody, EnumeratorEntry>();
  readonly #byEnum = new Map<string, EnumeratorEntry>();
  /** By value, the first two that have it. */
  #byValue: Map<bigint, EnumeratorEntry[]> | undefined;

  constructor(first: EnumeratorEntry) {
    this.add(first);
  }

  add(entry: EnumeratorEntry): void {
    this.#entries.push(entry);
    this.#byBody.set(entry.body, entry);
    const name = enumName(entry);
    if (name !== undefined && !this.#byEnum.has(name)) this.#byEnum.set(name, entry);
  }

  /** That of the enum with a name. */
  of(enumName: string): EnumeratorEntry | undefined {
    return this.#byEnum.get(enumName);
  }

  within(body: ast.EnumBody): EnumeratorEntry | undefined {
    return this.#byBody.get(body);
  }

  first(except: EnumeratorEntry | undefined): EnumeratorEntry | undefined {
    const [first, second] = this.#entries;
    return first === except ? second : first;
  }

  /** One for each value that they have; to be asked once all values are known. */
  values(except: EnumeratorEntry | undefined, valueOf: ValueOf): EnumeratorEntry[] {
    this.#byValue ??= this.#collect(valueOf);
    return [...this.#byValue.values()].flatMap((entries) => entries.find((it) => it !== except) ?? []);
  }

  #collect(valueOf: ValueOf): Map<bigint, EnumeratorEntry[]> {
    const byValue = new Map<bigint, EnumeratorEntry[]>();
    for (const entry of this.#entries) {
      const value = valueOf(entry.node);
      if (value === undefined) continue;
      const same = byValue.get(value);
      if (same === undefined) {
        // More values than can be told of are as good as two.
        if (byValue.size <= MAX_SHOWN + 1) byValue.set(value, [entry]);
      } else if (same.length < 2) same.push(entry);
    }
    return byValue;
  }
}

/** Says that a use does not tell which one it means. `candidates` have different values. */
export function reportAmbiguous(
  report: Report,
  name: ast.Name,
  candidates: readonly EnumeratorEntry[],
  valueOf: ValueOf,
): void {
  const shown = candidates.slice(0, MAX_SHOWN);
  const values = shown.map((entry) => `${valueOf(entry.node)} in ${enumTitle(entry)}`);
  const named = shown.map(enumName).find((it) => it !== undefined);
  report("ambiguous-constant", name.span, `'${name.text}' is ${listed(values)}`, {
    notes: shown.map((entry) => ({ message: `${enumTitle(entry)} has it here`, span: entry.name.span })),
    hint: named === undefined ? "write its number" : `write its number, or which one it is: ${named}::${name.text}`,
  });
}

/** Undefined for an enum that has none. */
function enumName({ body, definition }: EnumeratorEntry): string | undefined {
  if (definition.kind === "type" && definition.body === body) return definition.name.text;
  if (definition.kind !== "typedef") return undefined;
  const { type } = definition.declaration;
  return isBody(type) && type === body ? definition.name.text : undefined;
}

export function enumTitle(entry: EnumeratorEntry): string {
  const name = enumName(entry);
  if (name !== undefined) return `enum '${name}'`;
  return entry.definition.name ? `an enum within '${entry.definition.name.text}'` : "an enum";
}
