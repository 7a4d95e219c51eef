/** From sources to modules, as a function: nothing is read or written here. */
import { basename, dirname, join } from "node:path";
import type { Options as FormatOptions } from "prettier";
import type { Diagnostic } from "./diagnostics.ts";
import { type OutputKind, OUTPUT_SUFFIXES, emitModule } from "./emit/index.ts";
import type { EnumStyle, StringStyle } from "./emit/options.ts";
import { analyze } from "./front-end.ts";
import type { Model } from "./model.ts";
import { type NameStyle, type Names, nameModel } from "./names.ts";

/** One `.x` file. */
export interface SourceFile {
  /** Names the outputs, and the file in diagnostics. Nothing is read from it. */
  readonly path: string;
  readonly text: string;
}

export interface GenerateOptions {
  readonly sources: readonly SourceFile[];
  /** Which modules of each source. Default: types, and where there is a program, client and service. */
  readonly outputs?: readonly OutputKind[];
  /** Where there is a program, its sample client and server, too. Default: no. */
  readonly samples?: boolean;
  /** Folder of the outputs. Default: that of each source. */
  readonly outDir?: string;
  /** Import prefix of the library. Default `tsrpcgen`; one that begins with `.` is a folder. */
  readonly runtime?: string;
  /** Extension of relative imports, for all outputs or for each path. Default `.js`. */
  readonly importExtension?: ImportExtension | ((path: string) => ImportExtension | Promise<ImportExtension>);
  /** Names in TypeScript's manner, or as the `.x` spells them. Default `mapped`. */
  readonly names?: NameStyle;
  /** What a `string` of the `.x` is in TypeScript. Default `utf8`. */
  readonly strings?: StringStyle;
  /** Whether an enum takes its members alone, or any 32-bit integer. Default `strict`. */
  readonly enums?: EnumStyle;
  /** Prettier's options for an output. Default: prettier's own. */
  readonly format?: (path: string) => FormatOptions | Promise<FormatOptions>;
}

/** `.js` compiles everywhere; `.ts` is for tsconfigs that allow it, and for Node's type stripping. */
export type ImportExtension = ".js" | ".ts" | "none";

export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
  readonly kind: OutputKind;
  /** The source that it comes from. */
  readonly source: string;
}

export interface GenerateResult {
  /** Empty where `diagnostics` holds an error. */
  readonly files: readonly GeneratedFile[];
  readonly diagnostics: readonly Diagnostic[];
}

const DEFAULT_RUNTIME = "tsrpcgen";

/** Generates the modules of all sources. An error in one of them leaves `files` empty. Never throws for what a source says. */
export async function generate(options: GenerateOptions): Promise<GenerateResult> {
  const diagnostics: Diagnostic[] = [];
  const analysed: { source: SourceFile; model: Model; names: Names }[] = [];
  for (const source of options.sources) {
    const analysis = analyze(source.path, source.text, { openEnums: options.enums === "open" });
    diagnostics.push(...analysis.diagnostics);
    if (analysis.model === undefined) continue;
    const { names, diagnostics: collisions } = nameModel(analysis.model, options.names);
    diagnostics.push(...collisions);
    analysed.push({ source, model: analysis.model, names });
  }
  const files: GeneratedFile[] = [];
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) return { files, diagnostics };

  const { runtime = DEFAULT_RUNTIME, strings = "utf8", enums = "strict", importExtension = ".js" } = options;
  const { format } = await import("prettier");
  for (const { source, model, names } of analysed) {
    const stem = outputStem(source.path);
    for (const kind of options.outputs ?? defaultOutputs(model, options.samples === true)) {
      const path = outputPath(source.path, kind, options.outDir);
      const extension = typeof importExtension === "function" ? await importExtension(path) : importExtension;
      const chosen = { runtime, extension: extension === "none" ? "" : extension, strings, enums };
      const text = await emitModule(kind, model, names, chosen, { name: basename(source.path), stem });
      // filepath picks the parser, and makes it the quicker of prettier's two for TypeScript.
      const formatting = { ...(await options.format?.(path)), filepath: path };
      files.push({ path, text: await format(text, formatting), kind, source: source.path });
    }
  }
  return { files, diagnostics };
}

/** The modules of a source: without a program it has neither clients nor servers. */
function defaultOutputs(model: Model, samples: boolean): OutputKind[] {
  if (!model.definitions.some((definition) => definition.kind === "program")) return ["types"];
  return ["types", "client", "service", ...(samples ? (["sample-client", "sample-server"] as const) : [])];
}

/** Where a module goes: `date.x` gives `date.ts`, `date_clnt.ts` and so on. */
function outputPath(source: string, kind: OutputKind, outDir: string | undefined): string {
  return join(outDir ?? dirname(source), `${outputStem(source)}${OUTPUT_SUFFIXES[kind]}.ts`);
}

function outputStem(source: string): string {
  return basename(source).replace(/(?<=.)\.[^.]*$/, "");
}
