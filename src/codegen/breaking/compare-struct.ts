/** Fields of a struct. RFC 4506 section 4.14: they stand one behind the other, and have no names. */
import type { Field, StructDefinition } from "../model.ts";
import { alignFields, type Gap } from "./align.ts";
import type { Comparison } from "./comparison.ts";
import { sameWire } from "./same-wire.ts";

export function compareStructs(comparison: Comparison, old: StructDefinition, now: StructDefinition): void {
  const { changes } = comparison;
  const place = comparison.placeOf(old, now);
  const { kept, moved, gaps } = alignFields(old.fields, now.fields);
  const compare = (before: Field, after: Field): void => {
    const what = `field '${after.name}' of ${place.what}`;
    comparison.types(before.type, after.type, { ...place, what, span: after.span, oldSpan: before.span });
  };
  for (const [before, after] of kept) compare(before, after);
  for (const [before, after] of moved) {
    const message = `field '${after.name}' of ${place.what} stands at another place: old and new peers misread each other`;
    changes.add("field-moved", message, after.span, before.span);
    compare(before, after);
  }
  for (const gap of gaps) {
    // Other names, maybe.
    if (gap.before.length === gap.after.length) {
      for (const [at, before] of gap.before.entries()) {
        const after = gap.after[at];
        if (after) compare(before, after);
      }
    } else if (!isRecut(gap)) {
      for (const { name, span } of gap.before) {
        const message = `${place.what} has lost the field '${name}': old and new peers misread each other`;
        changes.add("field-removed", message, now.span, span);
      }
      for (const { name, span } of gap.after) {
        const message = `${place.what} has a new field '${name}': old and new peers misread each other`;
        changes.add("field-added", message, span, old.span);
      }
    }
  }
}

/** Some fields have become a struct, or the other way round, or are of no bytes. */
function isRecut({ before, after }: Gap): boolean {
  return sameWire(
    before.map(({ type }) => type),
    after.map(({ type }) => type),
  );
}
