/** Compares programs: what a client of the one and a server of the other can say to each other. */
import type { Model, Procedure, ProgramDefinition, Version } from "../model.ts";
import type { BreakingCode } from "./breaking-codes.ts";
import type { Comparison, Route } from "./comparison.ts";
import { BOTH, OLD_TO_NEW } from "./change.ts";
import { matchNumbered, type Matches, type Numbered } from "./numbered.ts";
import { ARGUMENTS, compareSequences } from "./sequence.ts";
import { type Item, shapeOf } from "./shape.ts";
import type { Span } from "../ast.ts";

export function programsOf({ definitions }: Model): ProgramDefinition[] {
  return definitions.filter((definition) => definition.kind === "program");
}

export function comparePrograms(comparison: Comparison, old: Model, fresh: Model): void {
  const programs = matchNumbered(programsOf(old), programsOf(fresh), true);
  reportNumbers(comparison, programs, "program", "");
  for (const [oldProgram, program] of programs.pairs) {
    const versions = matchNumbered(oldProgram.versions, program.versions, true);
    reportNumbers(comparison, versions, "version", `${program.name}.`);
    for (const [oldVersion, version] of versions.pairs) {
      const prefix = `${program.name}.${version.name}.`;
      const procedures = matchNumbered(missable(oldVersion, version), version.procedures, false);
      reportNumbers(comparison, procedures, "procedure", prefix);
      for (const [from, to] of procedures.pairs) compareProcedures(comparison, from, to, `${prefix}${to.name}`);
    }
  }
}

/** Those whose absence would be noticed: where no procedure 0 is declared, servers answer it, with nothing. */
function missable(old: Version, fresh: Version): readonly Procedure[] {
  if (fresh.procedures.some(({ number }) => number === 0)) return old.procedures;
  return old.procedures.filter(({ number, args, result }) => {
    return number !== 0 || args.length > 0 || shapeOf(result) !== "void";
  });
}

const CODES = {
  program: ["program-removed", "program-number-changed"],
  version: ["version-removed", "version-number-changed"],
  procedure: ["procedure-removed", "procedure-number-changed"],
} as const satisfies Record<string, readonly [BreakingCode, BreakingCode]>;

function reportNumbers(
  comparison: Comparison,
  { removed, renumbered }: Matches<Numbered & { readonly span: Span }>,
  kind: keyof typeof CODES,
  prefix: string,
): void {
  const [goneCode, changedCode] = CODES[kind];
  // A call goes as arguments do.
  const route = (span: Span): Route => ({ role: "argument", path: undefined, span });
  for (const { name, number, span } of removed) {
    const message = `the ${kind} with the number ${number} is gone`;
    comparison.report(goneCode, { path: prefix + name, span }, message, { route: route(span), direction: OLD_TO_NEW });
  }
  for (const [old, fresh] of renumbered) {
    const message = `the ${kind} had the number ${old.number} and has ${fresh.number}`;
    const more = { route: route(fresh.span), direction: BOTH, before: old.span };
    comparison.report(changedCode, { path: prefix + fresh.name, span: fresh.span }, message, more);
  }
}

function compareProcedures(comparison: Comparison, old: Procedure, fresh: Procedure, path: string): void {
  const argumentsOf = ({ args }: Procedure): Item[] =>
    args.map(({ name, type, span }, at) => ({ name, type, span, path: `${path}(argument ${at + 1})` }));
  const holder = { path, span: fresh.span };
  compareSequences(comparison, ARGUMENTS, argumentsOf(old), argumentsOf(fresh), holder, (item) => ({
    role: "argument",
    path: item.path,
    span: item.span,
  }));
  const spot = { path: `${path}(result)`, old: old.span, fresh: fresh.span };
  const route: Route = { role: "result", path: spot.path, span: fresh.span };
  comparison.later({ old: old.result, fresh: fresh.result, spot, route });
}
