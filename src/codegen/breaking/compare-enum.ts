/** Members of an enum. RFC 4506 section 4.3: the wire has their numbers. */
import type { EnumDefinition, EnumMember } from "../model.ts";
import { refusedByNew, refusedByOld } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import { type Matching, matchNumbered } from "./numbered.ts";

export function matchMembers(old: EnumDefinition, now: EnumDefinition): Matching<EnumMember & { number: number }> {
  const numbered = ({ members }: EnumDefinition): (EnumMember & { number: number })[] =>
    members.map((member) => ({ ...member, number: member.value }));
  return matchNumbered(numbered(old), numbered(now), "strong");
}

export function compareEnums(comparison: Comparison, old: EnumDefinition, now: EnumDefinition): void {
  const { changes } = comparison;
  const { what, span, peers } = comparison.placeOf(old, now);
  const { renumbered, removed, added } = matchMembers(old, now);
  for (const [before, after] of renumbered) {
    const message = `'${after.name}' of ${what} was ${before.value} and is ${after.value}: old and new peers misread each other`;
    changes.add("enumerator-changed", message, after.span, before.span);
  }
  const numbers = (definition: EnumDefinition): Set<number> => new Set(definition.members.map(({ value }) => value));
  const [before, after] = [numbers(old), numbers(now)];
  for (const member of removed) {
    const reason = after.has(member.value)
      ? `its number ${member.value} has another meaning now`
      : refusedByNew(peers, "it");
    changes.add("enumerator-removed", `${what} has lost '${member.name}': ${reason}`, span, member.span);
  }
  for (const member of added) {
    // Another name for a number that the enum has had, and has: no one sees it.
    if (before.has(member.value)) continue;
    const message = `${what} has a new member '${member.name}': ${refusedByOld(peers, "it")}`;
    changes.add("enumerator-added", message, member.span, old.span);
  }
}
