/** The state of a comparison, and the work that is still to be done. */
import type { Span } from "../ast.ts";
import type { DiagnosticNote } from "../diagnostics.ts";
import type { Type } from "../model.ts";
import type { BreakingCode } from "./breaking-codes.ts";
import { DisjointSets } from "./disjoint.ts";
import { brokenPairs, Changes, type Direction, type Role } from "./change.ts";

/** How a comparison came to a type: the argument or result that holds it, in NEW. */
export interface Route {
  readonly role: Role;
  /** Path of the argument or result; undefined for data that belongs to no procedure. */
  readonly path: string | undefined;
  readonly span: Span;
}

/** A place in both files. */
export interface Spot {
  readonly path: string;
  readonly old: Span;
  readonly fresh: Span;
}

/** Two types to compare. */
export interface Job {
  readonly old: Type;
  readonly fresh: Type;
  readonly spot: Spot;
  readonly route: Route;
}

export class Comparison {
  readonly changes: Changes = new Changes();
  /** Types hold types in chains of any length: those to compare wait in a list, not on the stack. */
  readonly #jobs: Job[] = [];
  #done = 0;
  readonly #compared = new Map<string, DisjointSets>();

  later(job: Job): void {
    this.#jobs.push(job);
  }

  next(): Job | undefined {
    const job = this.#jobs[this.#done];
    if (job) this.#done += 1;
    return job;
  }

  /** Whether two definitions are compared for the first time; `manner` keeps apart comparisons that differ. */
  isFirst(old: object, fresh: object, { role }: Route, manner = ""): boolean {
    const key = `${role} ${manner}`;
    let sets = this.#compared.get(key);
    if (!sets) {
      sets = new DisjointSets();
      this.#compared.set(key, sets);
    }
    return sets.join(old, fresh);
  }

  /** Reports a change in what travels by a route. */
  report(
    code: BreakingCode,
    place: { readonly path: string; readonly span: Span },
    message: string,
    { route, direction, before }: { readonly route: Route; readonly direction: Direction; readonly before?: Span },
  ): void {
    const notes: DiagnosticNote[] = before ? [{ message: "before", span: before }] : [];
    if (route.path !== undefined && !place.path.startsWith(route.path)) {
      notes.push({ message: `it travels in ${route.path}`, span: route.span });
    }
    const change = { code, message, notes, path: place.path, span: place.span };
    this.changes.add(change, brokenPairs(route.role, direction));
  }
}
