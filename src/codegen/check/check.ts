/** All checks of a file: a table from the kind of a definition to what looks at it. A check reports and goes on; it never throws. */
import type * as ast from "../ast.ts";
import type { Constants } from "../constants.ts";
import type { Report } from "../diagnostics.ts";
import type { Scope } from "../resolve.ts";

/** What a check works with. */
export interface CheckContext {
  readonly specification: ast.Specification;
  readonly scope: Scope;
  readonly constants: Constants;
  readonly report: Report;
}

export function checkAll(context: CheckContext): void {
  void context;
}
