/** Enums that share enumerators outside a namespace: C's `rpcgen` takes them, and its compiler refuses what comes of it. */
import type { Report } from "./diagnostics.ts";
import { listed } from "./listed.ts";
import { enumTitle } from "./namesakes.ts";
import type { EnumeratorEntry, Scope } from "./resolve.ts";

/** Warns of them: one message for each definition. */
export class SharedEnumerators {
  readonly #scope: Scope;
  readonly #report: Report;
  /** By name: the first that stands in no namespace. */
  readonly #first = new Map<string, EnumeratorEntry>();
  /** Those of the definition at hand that C refuses. */
  #refused: EnumeratorEntry[] = [];

  constructor(scope: Scope, report: Report) {
    this.#scope = scope;
    this.#report = report;
  }

  add(first: EnumeratorEntry, entry: EnumeratorEntry): void {
    if (isNamespaced(entry)) return;
    const { text } = entry.name;
    if (!this.#first.has(text)) this.#first.set(text, isNamespaced(first) ? entry : first);
    if (this.#first.get(text) !== entry) this.#refused.push(entry);
  }

  /** To be called behind the members of each definition. */
  tell(): void {
    const refused = this.#refused;
    this.#refused = [];
    const [entry] = refused;
    const first = entry && this.#first.get(entry.name.text);
    if (!entry || !first) return;
    // An enum that is defined twice is told of as such.
    if (this.#scope.find(entry.definition.name?.text ?? "")?.kind === "type") return;
    const names = [...new Set(refused.map(({ name }) => `'${name.text}'`))];
    const [are, enumerators] = names.length === 1 ? ["is", "an enumerator"] : ["are", "enumerators"];
    const message = `${listed(names)} ${are} ${enumerators} of another enum, too: C's compiler refuses that, here each enum has its own`;
    this.#report("shared-enumerator", entry.name.span, message, {
      notes: [{ message: `${enumTitle(first)} has '${first.name.text}' here`, span: first.name.span }],
    });
  }
}

function isNamespaced({ definition }: EnumeratorEntry): boolean {
  return definition.kind !== "broken" && definition.inNamespace === true;
}
