/** The command line. Flags mean what they mean to rpcgen. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { OutputKind } from "../emit/index.ts";
import type { ArrayStyle, EnumStyle, HyperStyle, StringStyle } from "../emit/options.ts";
import type { ImportExtension } from "../generate.ts";
import type { NameStyle } from "../names.ts";
import { outputPlace } from "./output-place.ts";
import { addToolFlags, type ToolFlags, type ToolOptions, toolOptions } from "./tool-flags.ts";
import { type RpcgenFlags, type RpcgenOptions, addRpcgenFlags, rpcgenOptions } from "./rpcgen-flags.ts";

export interface CliOptions extends RpcgenOptions, ToolOptions {
  /** `-` is standard input. */
  readonly files: readonly string[];
  /** The one output that a single-output flag asks for. */
  readonly single: OutputKind | undefined;
  /** Samples and a makefile, too. */
  readonly samples: boolean;
  /** Where outputs go; a single one goes to standard output where it is undefined. */
  readonly output: string | undefined;
  readonly runtime: string | undefined;
  readonly importExtension: ImportExtension | undefined;
  /** File that says where external types come from. */
  readonly externals: string | undefined;
  readonly verbose: boolean;
  readonly force: boolean;
  readonly names: NameStyle;
  readonly strings: StringStyle;
  readonly enums: EnumStyle;
  readonly hyper: HyperStyle;
  readonly arrays: ArrayStyle;
  /** Clients whose calls block, too. */
  readonly sync: boolean;
}

interface Flags extends RpcgenFlags, ToolFlags {
  all?: true;
  header?: true;
  xdr?: true;
  client?: true;
  server?: true;
  t?: true;
  sample?: OutputKind[];
  output?: string;
  runtime?: string;
  importExtension?: ImportExtension;
  externals?: string;
  verbose?: true;
  force?: true;
  names: NameStyle;
  strings: StringStyle;
  enums: EnumStyle;
  hyper: HyperStyle;
  arrays: ArrayStyle;
  sync?: true;
}

/**
 * Parses arguments. Prints and ends the process for `--help`, `--version` and misuse, as commander does, unless
 * `configure` makes it do otherwise.
 */
export function parseArguments(
  args: readonly string[],
  version: string,
  configure: (command: Command) => void = () => undefined,
): CliOptions {
  const command = new Command("tsrpcgen")
    .description(
      "Generates TypeScript from RPC language (.x) files: for date.x the modules date.ts (types and codecs),\n" +
        "date_clnt.ts (client stubs) and date_svc.ts (server skeleton), beside it.",
    )
    .usage("[options] FILE.x...")
    .addArgument(new Argument("[FILE.x...]", "RPC language files; with -h and -c standard input by default"))
    .option(
      "-a, --all",
      "write the samples date_client.ts and date_server.ts and Makefile.date, too; those that exist are kept",
    )
    .option(
      "-o, --output <path>",
      "folder of the outputs; with -h, -c, -l, -m, -t, -S… the output file, - for standard output",
    )
    .option("-h, --header", "only types and codecs, to standard output or to the file of -o")
    .option("-c, --xdr", "the same as -h: types and codecs are one module")
    .option("-l, --client", "only the client stubs")
    .option("-m, --server", "only the server skeleton")
    .option("-t", "only the dispatch tables: the procedures of each version")
    .option("-S, --sample <what>", "only a sample: -Sc the client, -Ss the server, -Sm a makefile", sample)
    .option("--runtime <prefix>", "import prefix of the library; one that begins with . is a folder", runtimePrefix)
    .addOption(
      new Option(
        "--import-extension <extension>",
        "extension of relative imports (default: .js, or .ts where the nearest tsconfig.json allows it)",
      ).choices([".js", ".ts", "none"]),
    )
    .addOption(
      new Option("--names <style>", "TypeScript's manner of naming, or the .x's own spelling throughout")
        .choices(["mapped", "verbatim"])
        .default("mapped"),
    )
    .addOption(
      new Option("--strings <form>", "what a string is: text in UTF-8, a character for each byte, or a Uint8Array")
        .choices(["utf8", "latin1", "bytes"])
        .default("utf8"),
    )
    .addOption(
      new Option("--enums <members>", "whether an enum takes its members alone, or any 32-bit integer")
        .choices(["strict", "open"])
        .default("strict"),
    )
    .addOption(
      new Option("--hyper <type>", "what a hyper is: a bigint, or a number that must be a safe integer")
        .choices(["bigint", "number"])
        .default("bigint"),
    )
    .addOption(
      new Option("--arrays <form>", "what an array of numbers is: an array, or a typed array (Int32Array and so on)")
        .choices(["plain", "typed"])
        .default("plain"),
    )
    .option("--sync", "clients whose calls block, too, beside those that return promises")
    .option("--externals <file>", "JSON that says where types and constants of C headers are in TypeScript")
    .option("--verbose", "list the lines for C (%) that are left out, and the files that are written")
    .option("--force", "overwrite samples that exist")
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .showHelpAfterError("(tsrpcgen --help lists the options)")
    .addHelpText("after", "\ntsrpcgen breaking OLD.x NEW.x lists the changes that break peers on the wire.");
  addRpcgenFlags(command);
  addToolFlags(command);
  configure(command);
  command.parse(args, { from: "user" });
  const flags = command.opts<Flags>();
  const singles: OutputKind[] = [
    ...(flags.header ? ["types" as const] : []),
    ...(flags.xdr ? ["types" as const] : []),
    ...(flags.client ? ["client" as const] : []),
    ...(flags.server ? ["service" as const] : []),
    ...(flags.t ? ["table" as const] : []),
    ...(flags.sample ?? []),
  ];
  // To C these ask for the server side, which they shape there.
  const samples = flags.all === true;
  if (singles.length === 0 && !samples && (flags.s ?? flags.n) !== undefined) singles.push("service");
  const readsStdin = singles[0] === "types" || flags.emit !== undefined;
  const files = command.args.length === 0 && readsStdin ? ["-"] : command.args;
  if (files.length === 0) command.error("error: missing required argument 'FILE.x'");
  if (files.includes("-") && !readsStdin) {
    command.error("error: standard input has no name for modules to import: only -h, -c and --emit read it");
  }
  if (singles.length > 1) command.error("error: only one of -h, -c, -l, -m, -t, -Sc, -Ss and -Sm can be given");
  if (singles.length === 1 && files.length > 1) command.error("error: with a single output there is one input");
  const output = outputPlace(flags.output, singles.length === 1 || flags.emit !== undefined, command);
  return {
    ...rpcgenOptions(flags, singles[0], samples),
    ...toolOptions(flags, command, { files, single: singles[0], ...(output !== undefined && { output }) }),
    files,
    single: singles[0],
    samples,
    output,
    runtime: flags.runtime,
    importExtension: flags.importExtension,
    externals: flags.externals,
    verbose: flags.verbose === true,
    force: flags.force === true,
    names: flags.names,
    strings: flags.strings,
    enums: flags.enums,
    hyper: flags.hyper,
    arrays: flags.arrays,
    sync: flags.sync === true,
  };
}

function sample(what: string, before: OutputKind[] = []): OutputKind[] {
  if (what === "c") return [...before, "sample-client"];
  if (what === "s") return [...before, "sample-server"];
  if (what === "m") return [...before, "makefile"];
  throw new InvalidArgumentError("It is -Sc, -Ss or -Sm.");
}

/** It goes into import declarations: a package's name or a path, without what would end the string. */
function runtimePrefix(prefix: string): string {
  if (!/^[^\s"'\\`?#]+$/.test(prefix)) throw new InvalidArgumentError("It is a package's name or a relative folder.");
  return prefix.replace(/(?<=.)\/+$/, "");
}
