/** What the tests of breaking changes share. */
import assert from "node:assert/strict";
import { breaking } from "../../../src/codegen/breaking/breaking.ts";
import type { BreakingChange, BrokenPair } from "../../../src/codegen/breaking/change.ts";

const SHORT: Readonly<Record<BrokenPair, string>> = {
  "old-client-new-server": "oc",
  "new-client-old-server": "nc",
  "old-writer-new-reader": "nr",
  "new-writer-old-reader": "or",
};

export function changesOf(old: string, fresh: string): readonly BreakingChange[] {
  const { changes, diagnostics } = breaking({ path: "old.x", text: old }, { path: "new.x", text: fresh });
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return changes;
}

/**
 * Each change as `code path whom`; whom by letters: `oc` and `nc`, old and new clients (with servers of the other file);
 * `nr` and `or`, new and old readers (of what the other writes).
 */
export function briefly(old: string, fresh: string): string[] {
  return changesOf(old, fresh).map(
    ({ code, path, breaks }) => `${code} ${path} ${breaks.map((pair) => SHORT[pair]).join("+")}`,
  );
}

/** A program whose only procedure takes and gives these types. */
export function program(types: string, argument: string, result: string): string {
  return `${types}\nprogram P { version V { ${result} F(${argument}) = 1; } = 1; } = 0x20000001;\n`;
}
