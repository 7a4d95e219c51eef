import type { ProgramNames } from "../../program-names.ts";
import type { Output } from "./output.ts";

/** What the command line asks for, the same for each form. */
export interface Request {
  /** What stands on the command line beside the options. */
  readonly operands: readonly string[];
  /** `-T`. */
  readonly netid: string | undefined;
  /** `-a`: universal address. */
  readonly address: string | undefined;
  /** `-n`; 0 where none was given. */
  readonly port: number;
  /** `--ping`: calls whose round trips are to be measured; 0 where none are. */
  readonly pings: number;
  readonly names: ProgramNames;
  readonly output: Output;
}

/** One form of the command. Resolves to the exit code. Rejects with a `Failure`. */
export type Form = (request: Request) => Promise<number>;
