/** `#if` and what belongs to it: which lines of a file are live. */
import type { Span } from "../ast.ts";
import type { Directive } from "./directive.ts";

interface Group {
  /** Where it begins. */
  readonly span: Span;
  readonly isOuterLive: boolean;
  isLive: boolean;
  /** One of its branches has been live. */
  wasLive: boolean;
  hasElse: boolean;
  /** The last that gave a condition. */
  directive: Directive;
}

/** The conditions that are open in one file. */
export class Conditionals {
  readonly #groups: Group[] = [];

  get isLive(): boolean {
    return this.#groups.at(-1)?.isLive ?? true;
  }

  /** The first condition that is still open. */
  open(): Span | undefined {
    return this.#groups[0]?.span;
  }

  /** The condition that alone keeps the current branch out. */
  blocking(): Directive | undefined {
    const group = this.#groups.at(-1);
    return group === undefined || !group.isOuterLive || group.wasLive || group.hasElse ? undefined : group.directive;
  }

  /** Takes a directive; `test` says whether its condition holds, and is asked only where that matters. Returns what is wrong. */
  take(directive: Directive, test: () => boolean): string | undefined {
    const { name, span } = directive;
    if (name === "if" || name === "ifdef" || name === "ifndef") {
      const isOuterLive = this.isLive;
      const isLive = isOuterLive && test();
      this.#groups.push({ span, isOuterLive, isLive, wasLive: isLive, hasElse: false, directive });
      return undefined;
    }
    const group = this.#groups.at(-1);
    if (group === undefined) return `'#${name}' without '#if'`;
    if (name === "endif") {
      this.#groups.pop();
      return undefined;
    }
    const isLate = group.hasElse;
    group.directive = directive;
    if (name === "else") {
      group.hasElse = true;
      group.isLive = group.isOuterLive && !group.wasLive && !isLate;
    } else {
      group.isLive = group.isOuterLive && !group.wasLive && !isLate && test();
    }
    group.wasLive ||= group.isLive;
    return isLate ? `'#${name}' behind '#else'` : undefined;
  }
}
