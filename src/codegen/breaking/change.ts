/** What a comparison has found: changes, each with its place, and who it breaks. */
import type { Span } from "../ast.ts";
import type { DiagnosticNote, Finding } from "../diagnostics.ts";
import type { BreakingCode } from "./breaking-codes.ts";

/**
 * A pair of peers that do not understand each other. Types that no procedure reaches are written and read by whoever
 * has the file.
 */
export type BrokenPair =
  "old-client-new-server" | "new-client-old-server" | "old-writer-new-reader" | "new-writer-old-reader";

/** A change that breaks peers, in the shape of a diagnostic. Its span lies in NEW, or in OLD for what is gone. */
export interface BreakingChange extends Finding {
  readonly code: BreakingCode;
  /** What has changed, by the names of NEW (of OLD for what is gone): `READ3args.count`. */
  readonly path: string;
  /** At least one, without duplicates, in the order of {@link BrokenPair}. */
  readonly breaks: readonly BrokenPair[];
}

/** How a value travels: client to server, server to client, or by ways that the file does not tell. */
export type Role = "argument" | "result" | "data";

/** Which readers fail, or misread: NEW's of what OLD writes, OLD's of what NEW writes. */
export interface Direction {
  readonly oldToNew: boolean;
  readonly newToOld: boolean;
}

export const BOTH: Direction = { oldToNew: true, newToOld: true };
export const OLD_TO_NEW: Direction = { oldToNew: true, newToOld: false };
export const NEW_TO_OLD: Direction = { oldToNew: false, newToOld: true };

const PAIRS: Readonly<Record<Role, readonly [oldToNew: BrokenPair, newToOld: BrokenPair]>> = {
  argument: ["old-client-new-server", "new-client-old-server"],
  result: ["new-client-old-server", "old-client-new-server"],
  data: ["old-writer-new-reader", "new-writer-old-reader"],
};

const WORDS: Readonly<Record<BrokenPair, string>> = {
  "old-client-new-server": "OLD clients with NEW servers",
  "new-client-old-server": "NEW clients with OLD servers",
  "old-writer-new-reader": "NEW readers of what OLD writes",
  "new-writer-old-reader": "OLD readers of what NEW writes",
};
const ORDER: readonly BrokenPair[] = [
  "old-client-new-server",
  "new-client-old-server",
  "old-writer-new-reader",
  "new-writer-old-reader",
];

/** The pairs that a change breaks where the values travel so. */
export function brokenPairs(role: Role, { oldToNew, newToOld }: Direction): BrokenPair[] {
  const [first, second] = PAIRS[role];
  return [...(oldToNew ? [first] : []), ...(newToOld ? [second] : [])];
}

/** A change, before it is known whom else it breaks. */
export interface Change {
  readonly code: BreakingCode;
  readonly path: string;
  /** What has changed, without its place and whom it breaks. */
  readonly message: string;
  readonly span: Span;
  readonly notes?: readonly DiagnosticNote[];
}

/** Collects changes. One that is reached as an argument and as a result is one change that breaks both. */
export class Changes {
  readonly #found = new Map<string, { readonly change: Change; readonly breaks: Set<BrokenPair> }>();

  get count(): number {
    return this.#found.size;
  }

  add(change: Change, breaks: readonly BrokenPair[]): void {
    const { code, path, message, span } = change;
    const key = JSON.stringify([code, path, message, span.file, span.start]);
    const known = this.#found.get(key);
    if (known) for (const each of breaks) known.breaks.add(each);
    else this.#found.set(key, { change, breaks: new Set(breaks) });
  }

  /** In the order of the new file, included ones by their paths; what is gone, behind that, in the order of the old one. */
  sorted(): BreakingChange[] {
    const all = [...this.#found.values()].toSorted(
      ({ change: a }, { change: b }) =>
        Number(isGone(a)) - Number(isGone(b)) ||
        Number(a.span.file > b.span.file) - Number(a.span.file < b.span.file) ||
        a.span.start - b.span.start,
    );
    return all.map(({ change, breaks }) => {
      const { code, path, span, notes = [] } = change;
      const ordered = ORDER.filter((pair) => breaks.has(pair));
      const whom = ordered.map((pair) => WORDS[pair]).join(", and ");
      return {
        code,
        severity: "error",
        message: `${path}: ${change.message}; breaks ${whom}`,
        span,
        ...(notes.length > 0 && { notes }),
        path,
        breaks: ordered,
      };
    });
  }
}

function isGone({ code }: Change): boolean {
  return code.endsWith("-removed");
}
