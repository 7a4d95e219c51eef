/** What has changed on the wire between two `.x` files. */
import type { Model } from "../model.ts";
import { compareData } from "./compare-data.ts";
import { comparePrograms } from "./compare-programs.ts";
import { compareAll } from "./compare-types.ts";
import { Comparison } from "./comparison.ts";
import type { BreakingChange } from "./change.ts";

/**
 * The changes from one file to the other that break peers, one of which has the old file and the other the new one; none
 * where each understands the other. Names do not matter, nor how the same bytes are written: what is behind typedefs,
 * whether fields stand in a struct of their own, `string` or `opaque`. Programs, versions and procedures that are new
 * break no one who does not call them.
 *
 * Peers are taken to be strict: they reject what their file does not allow. Not every C peer is.
 */
export function compareModels(old: Model, fresh: Model): BreakingChange[] {
  const comparison = new Comparison();
  comparePrograms(comparison, old, fresh);
  compareAll(comparison);
  compareData(comparison, old, fresh);
  return comparison.changes.sorted();
}
