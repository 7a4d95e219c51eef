/** Names that several things want: they give way level by level, with a warning, until each has its own. */
import type { Span } from "./ast.ts";
import type { Diagnostic } from "./diagnostics.ts";

/** The first levels of a claim; those above are made up. */
export const MAPPED: number = 0;
export const OWN: number = 1;

/** Something that needs names of its own in a scope, and gives way level by level until it has them. */
export interface Claim {
  readonly own: string;
  readonly span: Span;
  /** All names that it takes at a level. */
  readonly forms: (level: number) => readonly string[];
  readonly reserved: (name: string) => boolean;
  level: number;
}

export function current(claim: Claim | undefined): readonly string[] {
  return claim === undefined ? [] : claim.forms(claim.level);
}

export function own(name: string, level: number): string {
  return name + "_".repeat(Math.max(0, level - OWN));
}

export type Report = (collision: { name: string; holders: readonly Claim[]; leaving: readonly Claim[] }) => void;

export function reporter(diagnostics: Diagnostic[]): Report {
  return ({ name, holders, leaving }) => {
    const [first, second] = holders;
    if (first === undefined) return;
    const span = (second ?? first).span;
    const owns = holders.map((claim) => `\`${claim.own}\``);
    const problem =
      second === undefined
        ? first.own === name
          ? `\`${name}\` can't be declared in TypeScript`
          : `${owns.join()} would become \`${name}\`, which can't be declared`
        : `${owns.slice(0, -1).join(", ")} and ${owns.at(-1) ?? ""} would share the name \`${name}\``;
    const mends = leaving.map((claim) => {
      const next = claim.forms(claim.level + 1)[0] ?? "";
      return claim.level === MAPPED
        ? `\`${claim.own}\` keeps its name of the .x`
        : `\`${claim.own}\` is called \`${next}\``;
    });
    const allKeep = leaving.length > 1 && leaving.every((claim) => claim.level === MAPPED);
    const message = `${problem}: ${allKeep ? "they keep their names of the .x" : mends.join(", ")}`;
    diagnostics.push({ code: "name-collision", severity: "warning", message, span });
  };
}

/** Moves claims up their levels until no two hold one name. */
export function settle(claims: readonly Claim[], report: Report): void {
  for (;;) {
    const holders = new Map<string, Set<Claim>>();
    for (const claim of claims) {
      for (const name of current(claim)) {
        const set = holders.get(name);
        if (set === undefined) holders.set(name, new Set([claim]));
        else set.add(claim);
      }
    }
    const moving = new Set<Claim>();
    const told = new Set<string>();
    for (const [name, set] of holders) {
      const all = [...set];
      const reserved = all.filter((claim) => claim.reserved(name));
      if (all.length === 1 && reserved.length === 0) continue;
      // Mapped names give way to the .x's own; among those the first declared stays.
      const mapped = all.filter((claim) => claim.level === MAPPED);
      const leaving = reserved.length > 0 ? reserved : mapped.length > 0 ? mapped : all.slice(1);
      for (const claim of leaving) moving.add(claim);
      // Two types that share a name share their codecs' names, too: told once.
      const group = all.map((claim) => claims.indexOf(claim)).join();
      if (!told.has(group)) report({ name, holders: all, leaving });
      told.add(group);
    }
    if (moving.size === 0) return;
    for (const claim of moving) claim.level++;
  }
}
