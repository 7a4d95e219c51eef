/** Programs, versions and procedures: RFC 5531 calls them by number. */
import type { Span } from "../ast.ts";
import type { Argument, Model, Procedure, ProgramDefinition, Version } from "../model.ts";
import { ARGUMENT_PEERS, RESULT_PEERS } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import { matchNumbered, type Numbered } from "./numbered.ts";
import { sameWire } from "./same-wire.ts";
import { spellAll } from "./spell.ts";

type Kind = "program" | "version" | "procedure";
type Item = Numbered & { readonly span: Span };

export function comparePrograms(comparison: Comparison, old: Model, now: Model): void {
  compareNumbered(comparison, "program", programsOf(old), programsOf(now), undefined, (before, after) => {
    compareVersions(comparison, before, after);
  });
}

function programsOf({ definitions }: Model): ProgramDefinition[] {
  return definitions.filter((definition) => definition.kind === "program");
}

function compareVersions(comparison: Comparison, old: ProgramDefinition, now: ProgramDefinition): void {
  compareNumbered(comparison, "version", old.versions, now.versions, now, (before, after) => {
    compareProcedures(comparison, before, after, `${now.name}, version ${after.number}`);
  });
}

function compareProcedures(comparison: Comparison, old: Version, now: Version, where: string): void {
  compareNumbered(comparison, "procedure", old.procedures, now.procedures, now, (before, after) => {
    const what = `'${after.name}' (${where})`;
    compareArguments(comparison, before, after, what);
    comparison.types(before.result, after.result, {
      what: `the result of ${what}`,
      span: after.span,
      oldSpan: before.span,
      peers: RESULT_PEERS,
    });
  });
}

/** What an old client gets for a number that is gone. RFC 5531 section 9. */
const ANSWERS: Readonly<Record<Kind, string>> = {
  program: "PROG_UNAVAIL",
  version: "PROG_MISMATCH",
  procedure: "PROC_UNAVAIL",
};

function compareNumbered<T extends Item>(
  comparison: Comparison,
  kind: Kind,
  before: readonly T[],
  after: readonly T[],
  holder: { readonly span: Span } | undefined,
  compare: (old: T, now: T) => void,
): void {
  const { changes } = comparison;
  const { same, renumbered, removed } = matchNumbered(before, after, kind === "procedure" ? "strong" : "weak");
  for (const [old, now] of [...same, ...renumbered]) compare(old, now);
  for (const [old, now] of renumbered) {
    const message = `${kind} '${now.name}' had the number ${shown(kind, old)} and has ${shown(kind, now)}: old and new peers call something else`;
    changes.add(`${kind}-number-changed`, message, now.span, old.span);
  }
  for (const old of removed) {
    if (isNullProcedure(old)) continue;
    const heir = after.find(({ number }) => number === old.number);
    const reason = heir
      ? `old clients that call it get '${heir.name}'`
      : `a new server answers old clients with ${ANSWERS[kind]}`;
    const message = `${kind} '${old.name}' (${shown(kind, old)}) is gone: ${reason}`;
    changes.add(`${kind}-removed`, message, holder?.span, old.span);
  }
}

function shown(kind: Kind, { number }: Numbered): string {
  return kind === "program" ? `0x${number.toString(16)}` : String(number);
}

/** A server answers procedure 0 even where the `.x` does not declare it. */
function isNullProcedure(item: Item & Partial<Procedure>): boolean {
  const { number, args, result } = item;
  return number === 0 && args?.length === 0 && result?.kind === "primitive" && result.name === "void";
}

function compareArguments(comparison: Comparison, old: Procedure, now: Procedure, what: string): void {
  if (old.args.length === now.args.length) {
    for (const [at, before] of old.args.entries()) {
      const after = now.args[at];
      if (after) compareArgument(comparison, before, after, old.args.length === 1 ? what : `${what}, ${at + 1}`);
    }
    return;
  }
  const typesOf = ({ args }: Procedure): Argument["type"][] => args.map(({ type }) => type);
  const [before, after] = [typesOf(old), typesOf(now)];
  // Several arguments are their concatenation, as the fields of a struct are.
  if (sameWire(before, after)) return;
  const message = `${what} took ${spellAll(before)} and takes ${spellAll(after)}: old and new peers misread each other`;
  comparison.changes.add("arguments-changed", message, now.span, old.span);
}

function compareArgument(comparison: Comparison, old: Argument, now: Argument, of: string): void {
  const what = `the argument of ${of}`;
  comparison.types(old.type, now.type, { what, span: now.span, oldSpan: old.span, peers: ARGUMENT_PEERS });
}
