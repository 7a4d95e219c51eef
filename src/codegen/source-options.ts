/** What a `.x` file is read with, where nothing is generated of it. */
import type { EnumStyle } from "./emit/options.ts";
import type { Externals } from "./externals.ts";
import type { Define } from "./preprocess/preprocess.ts";
import type { Identify, ReadFile } from "./source-reader.ts";

export interface SourceOptions {
  /** Macros, as `-D` gives them. */
  readonly defines?: readonly Define[];
  /** Names that are no macros, as `-U` gives them. */
  readonly undefines?: readonly string[];
  /** Folders to look for included files in, in order. */
  readonly includeDirs?: readonly string[];
  /** Types and constants that are defined elsewhere. */
  readonly externals?: Externals;
  /** Whether an enum takes its members alone, or any 32-bit integer, so that a union's default is reached beside them all. Default `strict`. */
  readonly enums?: EnumStyle;
  /** Reads included files. Default: from the disk. */
  readonly readFile?: ReadFile;
  /** Which paths are one file. Default: as the disk has it; with a `readFile`, those that are spelled alike but for `./` and `../`. */
  readonly identify?: Identify;
}
