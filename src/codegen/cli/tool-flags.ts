/** Flags for build scripts and other tools. */
import { type Command, Option } from "commander";
import type { OutputKind } from "../emit/index.ts";
import type { EmitKind } from "../json/emit.ts";
import type { MessageFormat } from "./messages.ts";

/** What these flags say. */
export interface ToolOptions {
  readonly format: MessageFormat;
  readonly lint: boolean;
  /** JSON of the front end instead of modules. */
  readonly emit: EmitKind | undefined;
  readonly check: boolean;
  readonly watch: boolean;
}

/** As commander hands them over. */
export interface ToolFlags {
  format: MessageFormat;
  lint?: true;
  emit?: EmitKind;
  check?: true;
  watch?: true;
}

export function addToolFlags(command: Command): Command {
  return command
    .addOption(formatOption("how messages look: text, or one JSON array on standard error"))
    .option("--lint", "warn of doubts that are no errors")
    .addOption(
      new Option("--emit <what>", "JSON of the syntax tree or of the model, to standard output or to the file of -o")
        .choices(["ast", "model"])
        .conflicts(["check", "watch", "lint", "all", "header", "xdr", "client", "server", "t", "T", "sample"]),
    )
    .addOption(
      new Option("--check", "write nothing; exit 1 with a diff where files are not what would be written").conflicts(
        "watch",
      ),
    )
    .option("--watch", "generate again whenever an input or a file that it includes changes, until SIGINT");
}

export function formatOption(description: string): Option {
  return new Option("--format <format>", description).choices(["text", "json"]).default("text");
}

/** Ends the command where flags don't go together. */
export function toolOptions(
  flags: ToolFlags,
  command: Command,
  given: { readonly files: readonly string[]; readonly single: OutputKind | undefined; readonly output?: string },
): ToolOptions {
  const { files, single, output } = given;
  if (flags.emit !== undefined && files.length > 1) command.error("error: with --emit there is one input");
  if (flags.check && single !== undefined && output === undefined) {
    command.error("error: --check compares with files: a single output has one with -o");
  }
  if (flags.check && (single === "makefile" || single?.startsWith("sample-"))) {
    command.error("error: samples and makefiles are yours to change: --check has nothing to compare them with");
  }
  if (flags.watch && files.includes("-")) command.error("error: standard input can't be watched");
  return {
    format: flags.format,
    lint: flags.lint === true,
    emit: flags.emit,
    check: flags.check === true,
    watch: flags.watch === true,
  };
}
