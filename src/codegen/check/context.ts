/** What a check works with. */
import type * as ast from "../ast.ts";
import type { Constants } from "../constants.ts";
import type { Report } from "../diagnostics.ts";
import type { Scope } from "../resolve.ts";

export interface CheckContext {
  readonly specification: ast.Specification;
  readonly scope: Scope;
  readonly constants: Constants;
  readonly report: Report;
  /** Unknown types that have been reported: one message for each name. */
  readonly unknownTypes: Set<string>;
  /** Enums take any number. */
  readonly openEnums: boolean;
}

export const MAX_UINT32: bigint = 2n ** 32n - 1n;
export const MIN_INT32: bigint = -(2n ** 31n);
export const MAX_INT32: bigint = 2n ** 31n - 1n;
