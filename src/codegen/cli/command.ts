/** The command by its arguments. */
import { EXIT_TROUBLE, parseBreakingArguments, runBreaking } from "./breaking.ts";
import { runEmit } from "./emit.ts";
import { Failure } from "./failure.ts";
import type { Output } from "./messages.ts";
import { parseArguments } from "./options.ts";
import { run } from "./run.ts";
import { watch } from "./watch.ts";

/** What a run of the program does. Making it prints and ends the process for `--help`, `--version` and misuse. */
interface Program {
  readonly run: (output: Output) => Promise<number>;
  /** Exit code where `run` throws. */
  readonly trouble: number;
}

/** Runs the program, and gives its exit code: what it throws is told on standard error. */
export async function runCommand(args: readonly string[], version: string, output: Output): Promise<number> {
  let parsed: Program | undefined;
  try {
    parsed = program(args, version);
    return await parsed.run(output);
  } catch (error) {
    const kind = error instanceof Failure ? "" : "internal error: ";
    output.err(`tsrpcgen: ${kind}${error instanceof Error ? error.message : String(error)}\n`);
    return parsed?.trouble ?? 1;
  }
}

function program(args: readonly string[], version: string): Program {
  if (args[0] === "breaking") {
    const options = parseBreakingArguments(args.slice(1), version);
    return { run: (output) => runBreaking(options, output), trouble: EXIT_TROUBLE };
  }
  const options = parseArguments(args, version);
  const { emit } = options;
  if (emit !== undefined) return { run: (output) => runEmit(emit, options, output), trouble: 1 };
  return { run: (output) => (options.watch ? watch(options, output) : run(options, output)), trouble: 1 };
}
