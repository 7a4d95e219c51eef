/** From sources to modules, as a function: nothing is read or written here. */
import { basename, dirname, join, relative } from "node:path";
import type { Options as FormatOptions } from "prettier";
import type { Diagnostic } from "./diagnostics.ts";
import { type OutputKind, OUTPUT_SUFFIXES, emitModule } from "./emit/index.ts";
import { makefileText } from "./emit/makefile.ts";
import type { SampleServerOptions } from "./emit/sample-server.ts";
import { analyze } from "./front-end.ts";
import type { Model } from "./model.ts";
import { type Names, nameModel } from "./names.ts";

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
  /** What the sample server does. Default: it listens on tcp, udp and local until it is ended. */
  readonly sampleServer?: SampleServerOptions;
  /** Where there is a program, its dispatch table, too. Default: no. */
  readonly table?: boolean;
  /** A makefile, too. Default: no. */
  readonly makefile?: boolean;
  /** Folder of the outputs. Default: that of each source. */
  readonly outDir?: string;
  /** Import prefix of the library. Default `tsrpcgen`; one that begins with `.` is a folder. */
  readonly runtime?: string;
  /** Extension of relative imports, for all outputs or for each path. Default `.js`. */
  readonly importExtension?: ImportExtension | ((path: string) => ImportExtension | Promise<ImportExtension>);
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
    const analysis = analyze(source.path, source.text);
    diagnostics.push(...analysis.diagnostics);
    if (analysis.model === undefined) continue;
    const { names, diagnostics: collisions } = nameModel(analysis.model);
    diagnostics.push(...collisions);
    analysed.push({ source, model: analysis.model, names });
  }
  const files: GeneratedFile[] = [];
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) return { files, diagnostics };

  const runtime = options.runtime ?? DEFAULT_RUNTIME;
  const { importExtension = ".js" } = options;
  const { format } = await import("prettier");
  for (const { source, model, names } of analysed) {
    const stem = outputStem(source.path);
    for (const kind of options.outputs ?? defaultOutputs(model, options)) {
      const path = outputPath(source.path, kind, options.outDir);
      if (kind === "makefile") {
        files.push({ path, text: makefileOf(source, model, options), kind, source: source.path });
        continue;
      }
      const extension = typeof importExtension === "function" ? await importExtension(path) : importExtension;
      const rules = { runtime, extension: extension === "none" ? "" : extension };
      const text = await emitModule(kind, model, names, rules, {
        name: basename(source.path),
        stem,
        server: options.sampleServer,
      });
      // filepath picks the parser, and makes it the quicker of prettier's two for TypeScript.
      const formatting = { ...(await options.format?.(path)), filepath: path };
      files.push({ path, text: await format(text, formatting), kind, source: source.path });
    }
  }
  return { files, diagnostics };
}

/** The modules of a source: without a program it has neither clients nor servers. */
function defaultOutputs(model: Model, { samples, table, makefile }: GenerateOptions): OutputKind[] {
  const last: OutputKind[] = makefile === true ? ["makefile"] : [];
  if (!hasProgram(model)) return ["types", ...last];
  if (samples === true) last.unshift("sample-client", "sample-server");
  return ["types", "client", "service", ...(table === true ? ["table" as const] : []), ...last];
}

function hasProgram(model: Model): boolean {
  return model.definitions.some((definition) => definition.kind === "program");
}

function makefileOf(source: SourceFile, model: Model, { table = false, runtime, outDir }: GenerateOptions): string {
  const from = outDir === undefined ? basename(source.path) : relative(outDir, source.path);
  return makefileText({ source: from, stem: outputStem(source.path), program: hasProgram(model), table, runtime });
}

/** Where a module goes: `date.x` gives `date.ts`, `date_clnt.ts` and so on. */
function outputPath(source: string, kind: OutputKind, outDir: string | undefined): string {
  if (kind === "makefile") return join(outDir ?? dirname(source), `Makefile.${outputStem(source)}`);
  return join(outDir ?? dirname(source), `${outputStem(source)}${OUTPUT_SUFFIXES[kind]}.ts`);
}

function outputStem(source: string): string {
  return basename(source).replace(/(?<=.)\.[^.]*$/, "");
}
