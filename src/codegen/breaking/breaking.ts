/** Breaking changes as a function of two sources: included files are read, nothing is written. */
import type { Diagnostic } from "../diagnostics.ts";
import type { Externals } from "../externals.ts";
import { analyze } from "../front-end.ts";
import type { SourceFile } from "../generate.ts";
import type { Define } from "../preprocess/preprocess.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import { type Identify, type ReadFile, SourceReader } from "../source-reader.ts";
import { compareModels } from "./compare-models.ts";
import type { BreakingChange } from "./change.ts";

export { type BreakingCode, breakingCodes } from "./breaking-codes.ts";
export type { BreakingChange, BrokenPair } from "./change.ts";

/** What both files are read with. */
export interface BreakingOptions {
  /** Macros, as `-D` gives them. */
  readonly defines?: readonly Define[];
  /** Names that are no macros, as `-U` gives them. */
  readonly undefines?: readonly string[];
  /** Folders to look for included files in, in order. */
  readonly includeDirs?: readonly string[];
  /** Reads included files. Default: from the disk. */
  readonly readFile?: ReadFile;
  /** Which paths are one file. Default: as the disk has it; with a `readFile`, those that are spelled alike but for `./` and `../`. */
  readonly identify?: Identify;
  /** Types and constants that are defined elsewhere. A type of the same name in both is taken to be the same. */
  readonly externals?: Externals;
}

export interface BreakingResult {
  /** In the order of the new file, and what is gone behind that. Empty where `diagnostics` holds an error: then nothing was compared. */
  readonly changes: readonly BreakingChange[];
  /** Of both files. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that was read, by path: spans point into them. */
  readonly texts: SourceTexts;
}

/**
 * The changes from `old` to `fresh` that break peers, one of which has the one file and one the other. Never throws for
 * what a file says. Where both have the same path, the old one's becomes `PATH (old)`: spans go by them.
 */
export function breaking(old: SourceFile, fresh: SourceFile, options: BreakingOptions = {}): BreakingResult {
  const reader = new SourceReader(options);
  const oldPath = old.path === fresh.path ? `${old.path} (old)` : old.path;
  const before = analyze(oldPath, old.text, { ...options, reader });
  const after = analyze(fresh.path, fresh.text, { ...options, reader });
  return {
    changes: before.model && after.model ? compareModels(before.model, after.model) : [],
    diagnostics: [...before.diagnostics, ...after.diagnostics],
    texts: new Map([...before.texts, ...after.texts]),
  };
}
