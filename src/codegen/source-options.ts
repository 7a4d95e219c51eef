/** What a `.x` file is read with, where nothing is generated of it. */
import type { Externals } from "./externals.ts";
import type { Define } from "./preprocess/preprocess.ts";
import type { ReadFile } from "./source-reader.ts";

export interface SourceOptions {
  /** Macros, as `-D` gives them. */
  readonly defines?: readonly Define[];
  /** Names that are no macros, as `-U` gives them. */
  readonly undefines?: readonly string[];
  /** Folders to look for included files in, in order. */
  readonly includeDirs?: readonly string[];
  /** Types and constants that are defined elsewhere. */
  readonly externals?: Externals;
  /** Reads included files. Default: from the disk. */
  readonly readFile?: ReadFile;
}
