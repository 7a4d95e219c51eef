/** What the tests of `breaking` share. */
import assert from "node:assert/strict";
import { breaking, type BreakingResult } from "../../../src/codegen/breaking/breaking.ts";

export function compare(before: string, after: string): BreakingResult {
  const result = breaking({ path: "old.x", text: before }, { path: "new.x", text: after });
  assert.deepEqual(
    result.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return result;
}

/** The codes of what has changed, in order. */
export function codesOf(before: string, after: string): string[] {
  return compare(before, after).changes.map(({ code }) => code);
}

export interface Case {
  readonly title: string;
  readonly old: string;
  readonly now: string;
  readonly codes: readonly string[];
  /** Where not the reverse of `codes` is expected the other way round. */
  readonly back?: readonly string[];
}

/** A test for each case, and one for the way back. */
export function testCases(cases: readonly Case[]): void {
  for (const { title, old, now, codes, back } of cases) {
    it(title, () => {
      assert.deepEqual(codesOf(old, now), codes);
      assert.deepEqual(codesOf(old, old), [], "a file is as itself");
      assert.deepEqual(codesOf(now, now), [], "a file is as itself");
      if (back) assert.deepEqual(codesOf(now, old), back, "the way back");
    });
  }
}
