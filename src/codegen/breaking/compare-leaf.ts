/** Types that are not two structs, two unions or two enums: numbers, bytes, lists, and what has become of another kind. */
import type { Type } from "../model.ts";
import { type Place, refusedByNew, refusedByOld } from "./change.ts";
import { resolveAlias } from "../model-facts.ts";
import type { Comparison } from "./comparison.ts";
import { sameWire } from "./same-wire.ts";
import { spell } from "./spell.ts";
import { asList, type Domain, isWithin, type WireType, wireType } from "./wire-type.ts";

type Of<K extends WireType["kind"]> = Extract<WireType, { kind: K }>;

/** Not for two structs, two unions or two enums: those have comparisons of their own. */
export function compareLeaves(comparison: Comparison, old: Type, now: Type, place: Place): void {
  const [before, after] = [asList(wireType(old)), asList(wireType(now))];
  const was = `${place.what} was ${spell(resolveAlias(old))} and is ${spell(resolveAlias(now))}`;
  if (before.kind === "number" && after.kind === "number") {
    compareNumbers(comparison, before.domain, after.domain, was, place);
  } else if (before.kind === "bytes" && after.kind === "bytes") {
    compareBytes(comparison, before, after, was, place);
  } else if (before.kind === "list" && after.kind === "list") {
    compareBounds(comparison, before.max, after.max, "elements", was, place);
    comparison.types(before.element, after.element, { ...place, what: elementOf(after, place) });
  } else if (before.kind === "fixed-list" && after.kind === "fixed-list" && before.length === after.length) {
    comparison.types(before.element, after.element, { ...place, what: `the element of ${place.what}` });
  } else if (!sameWire([old], [now])) {
    const code = isLengthChange(before, after)
      ? "length-changed"
      : isOptional(before, now) || isOptional(after, old)
        ? "optional-changed"
        : "type-changed";
    comparison.changes.add(code, misread(was), place.span, place.oldSpan);
  }
}

function elementOf({ isOptional }: Of<"list">, { what }: Place): string {
  return isOptional ? what : `the element of ${what}`;
}

function misread(was: string): string {
  return `${was}: old and new peers misread each other`;
}

/** Both fixed, of the same element. */
function isLengthChange(before: WireType, after: WireType): boolean {
  if (before.kind === "fixed-bytes") return after.kind === "fixed-bytes";
  return before.kind === "fixed-list" && after.kind === "fixed-list" && sameWire([before.element], [after.element]);
}

/** Whether `list` is `other` with a `*`. */
function isOptional(list: WireType, other: Type): boolean {
  return list.kind === "list" && list.isOptional && sameWire([list.element], [other]);
}

function compareNumbers(comparison: Comparison, old: Domain, now: Domain, was: string, place: Place): void {
  const [grows, shrinks] = [isWithin(old, now), isWithin(now, old)];
  if (grows && shrinks) return;
  const { changes } = comparison;
  if (shrinks) {
    const reason = refusedByNew(place.peers, "other numbers");
    changes.add("integer-narrowed", `${was}: ${reason}`, place.span, place.oldSpan);
  } else if (grows) {
    const reason = refusedByOld(place.peers, "other numbers");
    changes.add("integer-widened", `${was}: ${reason}`, place.span, place.oldSpan);
  } else {
    changes.add("type-changed", misread(was), place.span, place.oldSpan);
  }
}

function compareBytes(comparison: Comparison, old: Of<"bytes">, now: Of<"bytes">, was: string, place: Place): void {
  const { changes } = comparison;
  if (old.isText && !now.isText) {
    const reason = refusedByOld(place.peers, "bytes that are no text");
    changes.add("string-to-opaque", `${was}: ${reason}`, place.span, place.oldSpan);
  } else if (!old.isText && now.isText) {
    const reason = refusedByNew(place.peers, "bytes that are no text");
    changes.add("opaque-to-string", `${was}: ${reason}`, place.span, place.oldSpan);
  }
  compareBounds(comparison, old.max, now.max, "bytes", was, place);
}

function compareBounds(
  comparison: Comparison,
  old: number,
  now: number,
  unit: string,
  was: string,
  place: Place,
): void {
  const { changes } = comparison;
  if (now < old) {
    const reason = refusedByNew(place.peers, `more than ${now} ${unit}`);
    changes.add("bound-narrowed", `${was}: ${reason}`, place.span, place.oldSpan);
  } else if (now > old) {
    const reason = refusedByOld(place.peers, `more than ${old} ${unit}`);
    changes.add("bound-widened", `${was}: ${reason}`, place.span, place.oldSpan);
  }
}
