/** The command line. Flags mean what they mean to rpcgen. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { OutputKind } from "../emit/index.ts";
import type { EnumStyle, StringStyle } from "../emit/options.ts";
import type { ImportExtension } from "../generate.ts";
import type { NameStyle } from "../names.ts";

export interface CliOptions {
  readonly files: readonly string[];
  /** The one output that a single-output flag asks for. */
  readonly single: OutputKind | undefined;
  /** Samples too. */
  readonly samples: boolean;
  readonly output: string | undefined;
  readonly runtime: string | undefined;
  readonly importExtension: ImportExtension | undefined;
  readonly force: boolean;
  readonly names: NameStyle;
  readonly strings: StringStyle;
  readonly enums: EnumStyle;
}

interface Flags {
  all?: true;
  header?: true;
  xdr?: true;
  client?: true;
  server?: true;
  sample?: OutputKind[];
  output?: string;
  runtime?: string;
  importExtension?: ImportExtension;
  force?: true;
  names: NameStyle;
  strings: StringStyle;
  enums: EnumStyle;
}

/** Parses arguments. Prints and ends the process for `--help`, `--version` and misuse, as commander does. */
export function parseArguments(args: readonly string[], version: string): CliOptions {
  const command = new Command("tsrpcgen")
    .description(
      "Generates TypeScript from RPC language (.x) files: for date.x the modules date.ts (types and codecs),\n" +
        "date_clnt.ts (client stubs) and date_svc.ts (server skeleton), beside it.",
    )
    .usage("[options] FILE.x...")
    .addArgument(new Argument("<FILE.x...>", "RPC language files"))
    .option("-a, --all", "write the samples date_client.ts and date_server.ts, too; those that exist are kept")
    .option("-o, --output <path>", "folder of the outputs; with -h, -c, -l, -m, -Sc, -Ss the output file")
    .option("-h, --header", "only types and codecs, to standard output or to the file of -o")
    .option("-c, --xdr", "the same as -h: types and codecs are one module")
    .option("-l, --client", "only the client stubs")
    .option("-m, --server", "only the server skeleton")
    .option("-S, --sample <side>", "only a sample: -Sc the client's, -Ss the server's", sampleSide)
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
    .option("--force", "overwrite samples that exist")
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .showHelpAfterError("(tsrpcgen --help lists the options)")
    .parse(args, { from: "user" });
  const flags = command.opts<Flags>();
  const singles: OutputKind[] = [
    ...(flags.header ? ["types" as const] : []),
    ...(flags.xdr ? ["types" as const] : []),
    ...(flags.client ? ["client" as const] : []),
    ...(flags.server ? ["service" as const] : []),
    ...(flags.sample ?? []),
  ];
  const files = command.args;
  if (singles.length > 1) command.error("error: only one of -h, -c, -l, -m, -Sc and -Ss can be given");
  if (singles.length === 1 && files.length > 1) command.error("error: with a single output there is one input");
  return {
    files,
    single: singles[0],
    samples: flags.all === true,
    output: flags.output,
    runtime: flags.runtime,
    importExtension: flags.importExtension,
    force: flags.force === true,
    names: flags.names,
    strings: flags.strings,
    enums: flags.enums,
  };
}

function sampleSide(side: string, before: OutputKind[] = []): OutputKind[] {
  if (side === "c") return [...before, "sample-client"];
  if (side === "s") return [...before, "sample-server"];
  throw new InvalidArgumentError("It is -Sc or -Ss.");
}

/** It goes into import declarations: a package's name or a path, without what would end the string. */
function runtimePrefix(prefix: string): string {
  if (!/^[^\s"'\\`?#]+$/.test(prefix)) throw new InvalidArgumentError("It is a package's name or a relative folder.");
  return prefix.replace(/(?<=.)\/+$/, "");
}
