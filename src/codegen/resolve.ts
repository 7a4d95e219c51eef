/** The scope of a file: which definition a name means. RFC 4506 section 6.4 (3): types and constants share one name space. */
import type * as ast from "./ast.ts";
import { bodiesOf, isBody, isSelfAlias } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import { MAX_NESTING, MAX_SUGGESTIONS } from "./limits.ts";
import { nearest } from "./suggest.ts";

export type ScopeEntry = ConstantEntry | TypeEntry | ProgramEntry | BrokenEntry;

export interface ConstantEntry {
  readonly kind: "constant";
  readonly name: ast.Name;
  readonly node: ast.ConstantNode | ast.EnumeratorNode;
}

export interface TypeEntry {
  readonly kind: "type";
  readonly name: ast.Name;
  readonly node: ast.TypeNode | ast.TypedefNode;
}

interface ProgramEntry {
  readonly kind: "program";
  readonly name: ast.Name;
}

/** A definition with a syntax error: nothing is known but its name. */
interface BrokenEntry {
  readonly kind: "broken";
  readonly name: ast.Name;
}

/** Names that every file knows; its own definitions hide them. RFC 4506 section 4.4. */
export const builtInConstants: ReadonlyMap<string, bigint> = new Map([
  ["FALSE", 0n],
  ["TRUE", 1n],
]);

export class Scope {
  readonly #entries = new Map<string, ScopeEntry>();
  /** Some definition could not be read: a name that is not known may stand in it. */
  readonly incomplete: boolean;
  #suggestions = 0;

  constructor(incomplete: boolean) {
    this.incomplete = incomplete;
  }

  find(name: string): ScopeEntry | undefined {
    return this.#entries.get(name);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  declare(entry: ScopeEntry): void {
    this.#entries.set(entry.name.text, entry);
  }

  entries(): IterableIterator<ScopeEntry> {
    return this.#entries.values();
  }

  /** A known name of the wanted kind that resembles `name`, among `others` too. */
  suggest(name: string, kind: "constant" | "type", others: Iterable<string>): string | undefined {
    this.#suggestions += 1;
    if (this.#suggestions > MAX_SUGGESTIONS) return undefined;
    const known = [...this.#entries.values()].filter((entry) => entry.kind === kind).map((entry) => entry.name.text);
    return nearest(name, [...known, ...others]);
  }
}

/** Declares every name of the file, and reports those that are declared twice. */
export function buildScope(specification: ast.Specification, incomplete: boolean, report: Report): Scope {
  const scope = new Scope(incomplete);
  const declare = (entry: ScopeEntry, what: string): void => {
    const first = scope.find(entry.name.text);
    if (!first) {
      scope.declare(entry);
      return;
    }
    // What stands in a definition that could not be read is not known well enough to blame another.
    if (first.kind === "broken" || entry.kind === "broken") return;
    report("duplicate-definition", entry.name.span, `${what} '${entry.name.text}' is defined twice`, {
      notes: [{ message: "first defined here", span: first.name.span }],
      hint: "types, constants, enumerators and programs share one name space (RFC 4506, section 6.4)",
    });
  };
  for (const definition of specification.definitions) {
    for (const body of bodiesOf(definition)) declareMembers(body, declare, report);
    const { name } = definition;
    if (name === undefined || name.text === "") continue;
    switch (definition.kind) {
      case "const":
        declare({ kind: "constant", name: definition.name, node: definition }, "constant");
        break;
      case "type":
        declare({ kind: "type", name: definition.name, node: definition }, definition.body.kind);
        break;
      case "typedef":
        if (!isSelfAlias(definition)) declare({ kind: "type", name: definition.name, node: definition }, "type");
        break;
      case "program":
        declare({ kind: "program", name: definition.name }, "program");
        break;
      case "broken":
        declare({ kind: "broken", name }, "definition");
    }
  }
  return scope;
}

function declareMembers(body: ast.Body, declare: (entry: ScopeEntry, what: string) => void, report: Report): void {
  if (body.kind !== "enum") return;
  const own = new Map<string, ast.Name>();
  for (const member of body.members) {
    const first = own.get(member.name.text);
    if (first) {
      const notes = [{ message: "first listed here", span: first.span }];
      report("duplicate-member", member.name.span, `the enum lists '${member.name.text}' twice`, { notes });
      continue;
    }
    own.set(member.name.text, member.name);
    declare({ kind: "constant", name: member.name, node: member }, "enumerator");
  }
}

/** What a type is behind typedefs that add nothing; undefined where it is unknown or goes in a circle. */
export type Underlying =
  ast.PrimitiveSpecifier | ast.Body | { readonly kind: "other"; readonly title: string } | undefined;

/** Follows plain typedefs from `type`; chains longer than MAX_NESTING are an error of their own. */
export function underlying(scope: Scope, type: ast.TypeSpecifier): Underlying {
  let current = type;
  for (let steps = 0; steps <= MAX_NESTING; steps += 1) {
    if (current.kind === "primitive" || isBody(current)) return current;
    if (current.kind !== "reference") return { kind: "other", title: `'${current.kind}'` };
    const entry = scope.find(current.name.text);
    if (entry?.kind !== "type") return undefined;
    if (entry.node.kind === "type") return entry.node.body;
    const { star, shape, type: next } = entry.node.declaration;
    if (star) return { kind: "other", title: "a pointer" };
    if (shape.kind !== "plain") return { kind: "other", title: "an array" };
    current = next;
  }
  return undefined;
}
