/** The front end as one function: from a file's text to its model. */
import { buildAst } from "./build-ast.ts";
import { buildModel } from "./build-model.ts";
import { checkAll } from "./check/check.ts";
import { Constants } from "./constants.ts";
import { Diagnostics, type Diagnostic } from "./diagnostics.ts";
import type { Model } from "./model.ts";
import { parse, type SpanOf } from "./parse.ts";
import { buildScope } from "./resolve.ts";

export interface Analysis {
  /** Undefined where `diagnostics` holds an error. */
  readonly model: Model | undefined;
  /** In the order of the source. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface AnalyzeOptions {
  /** Enums take any number, so that a union's default is reached beside all of their members. Default: no. */
  readonly openEnums?: boolean;
}

/**
 * Reads a `.x` file's text. Never throws for what the text says: mistakes come back as diagnostics, as many as can be told
 * apart in one run.
 *
 * @param file the path that spans name; nothing is read from it
 */
export function analyze(file: string, text: string, { openEnums = false }: AnalyzeOptions = {}): Analysis {
  const diagnostics = new Diagnostics();
  const { report } = diagnostics;
  const spanOf: SpanOf = (start, end) => ({ file, start, end });
  const parsed = parse(text, spanOf, report);
  // What follows could not be told from what the missing text defines.
  const unread = diagnostics.errors > 0;
  const specification = buildAst(text, parsed, spanOf, report);
  if (!unread && specification.definitions.length === 0) {
    report("empty-file", spanOf(0, 0), "the file defines nothing");
  }
  const scope = buildScope(specification, unread, report);
  const constants = new Constants(specification, scope, report);
  checkAll({ specification, scope, constants, report, unknownTypes: new Set(), openEnums });
  const model = diagnostics.errors === 0 ? buildModel(specification, scope, constants, report, openEnums) : undefined;
  return { model, diagnostics: diagnostics.sorted() };
}
