/** `tsrpcgen breaking OLD.x NEW.x`. */
import { Argument, Command } from "commander";
import { breaking } from "../breaking/breaking.ts";
import type { Finding } from "../diagnostics.ts";
import type { SourceFile } from "../generate.ts";
import { diagnosticJson, jsonLines } from "../json/diagnostics.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import { renderDiagnostics } from "../render-diagnostic.ts";
import { readExternals } from "./externals-file.ts";
import { guarded } from "./guarded.ts";
import type { MessageFormat, Messages, Output } from "./messages.ts";
import { addPreprocessorFlags, type PreprocessorFlags } from "./rpcgen-flags.ts";
import { readSources } from "./sources.ts";
import { formatOption } from "./tool-flags.ts";

/** Exit codes are those of cmp and diff: 0 the same, 1 a difference, 2 trouble, so that scripts can tell them apart. */
export const EXIT_BREAKING = 1;
export const EXIT_TROUBLE = 2;

export interface BreakingArguments extends PreprocessorFlags {
  readonly old: string;
  readonly now: string;
  readonly format: MessageFormat;
  readonly externals: string | undefined;
}

/** Parses what stands behind `breaking`. Misuse ends the process with {@link EXIT_TROUBLE}, unless `configure` makes it do otherwise. */
export function parseBreakingArguments(
  args: readonly string[],
  version: string,
  configure: (command: Command) => void = exitWithTrouble,
): BreakingArguments {
  const command = new Command("tsrpcgen breaking")
    .description(
      "Lists each change from OLD.x to NEW.x that breaks peers on the wire, one of which has the one file and one the other. " +
        "Exits 0 where there is none, 1 where there is one, 2 where it can't compare.",
    )
    .addArgument(new Argument("<OLD.x>", "the file as peers have it"))
    .addArgument(new Argument("<NEW.x>", "the file as it is to be"))
    .addOption(formatOption("how the list looks: text, or one JSON array"))
    .option("--externals <file>", "JSON that says where types and constants of C headers are in TypeScript")
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .showHelpAfterError("(tsrpcgen breaking --help lists the options)");
  addPreprocessorFlags(command);
  configure(command);
  command.parse(args, { from: "user" });
  const [old = "", now = ""] = command.args;
  const flags = command.opts<PreprocessorFlags & { format: MessageFormat; externals?: string }>();
  return { ...flags, old, now, externals: flags.externals };
}

function exitWithTrouble(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_TROUBLE));
}

/** Runs the command, and gives its exit code. The changes go to standard output, all else to standard error. */
export function runBreaking(options: BreakingArguments, output: Output): Promise<number> {
  return guarded(options.format, output, (messages) => compare(options, output, messages), EXIT_TROUBLE);
}

async function compare(options: BreakingArguments, output: Output, messages: Messages): Promise<number> {
  const old = await readOne(options.old, messages);
  const now = await readOne(options.now, messages);
  if (old === undefined || now === undefined) return EXIT_TROUBLE;
  const externals = options.externals === undefined ? undefined : await readExternals(options.externals);
  const { D: defines = [], U: undefines = [], include: includeDirs = [] } = options;
  const given = { defines, undefines, includeDirs, ...(externals && { externals }) };
  const { changes, diagnostics, texts } = breaking(old, now, given);
  messages.findings(diagnostics, texts);
  if (diagnostics.some(({ severity }) => severity === "error")) return EXIT_TROUBLE;
  await output.out(listing(changes, texts, options.format));
  return changes.length > 0 ? EXIT_BREAKING : 0;
}

/** Undefined where it can't be read, which has been said then. */
async function readOne(path: string, messages: Messages): Promise<SourceFile | undefined> {
  const { files, failures, diagnostics, texts } = await readSources([path]);
  for (const failure of failures) messages.failure(failure);
  messages.findings(diagnostics, texts);
  return diagnostics.some(({ severity }) => severity === "error") ? undefined : files[0];
}

function listing(findings: readonly Finding[], texts: SourceTexts, format: MessageFormat): string {
  if (format === "text") return renderDiagnostics(findings, texts);
  return jsonLines(findings.map((each) => diagnosticJson(each, texts)));
}
