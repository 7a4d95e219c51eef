/** From sources to modules, as a function: included files are read, nothing is written. */
import { basename, dirname, relative } from "node:path";
import type { Options as FormatOptions } from "prettier";
import type { Span, Specification } from "./ast.ts";
import type { Diagnostic, Finding } from "./diagnostics.ts";
import { formatModule } from "./emit/format.ts";
import { type OutputKind, emitModule } from "./emit/index.ts";
import { makefileText } from "./emit/makefile.ts";
import type { SampleServerOptions } from "./emit/sample-server.ts";
import { insertScripts } from "./emit/script.ts";
import { specifierFrom } from "./external-modules.ts";
import { type Externals, tsLine } from "./externals.ts";
import { analyze } from "./front-end.ts";
import type { Doubt } from "./lint/context.ts";
import { lint } from "./lint/lint.ts";
import { fingerprint } from "./merge-passes.ts";
import type { Model } from "./model.ts";
import { splitUnit, type UnitModule } from "./modules.ts";
import { unsafeLabels } from "./unsafe-labels.ts";
import { importPath, outputPath, type OutputPlaces, outputStem } from "./output-paths.ts";
import type { Define } from "./preprocess/preprocess.ts";
import type { SourceText, SourceTexts } from "./preprocess/source.ts";
import { type Identify, type ReadFile, SourceReader } from "./source-reader.ts";
import type { ArrayStyle, EnumStyle, HyperStyle, StringStyle } from "./emit/options.ts";
import type { NameStyle } from "./names.ts";

/** One `.x` file. */
export interface SourceFile {
  /** Names the outputs, and the file in diagnostics. Nothing is read from it. */
  readonly path: string;
  readonly text: string;
}

export interface GenerateOptions {
  readonly sources: readonly SourceFile[];
  /**
   * Which modules of each source. Default: types, and where there is a program, client and service; and the types of the
   * files that they include.
   */
  readonly outputs?: readonly OutputKind[];
  /** Macros, as `-D` gives them. */
  readonly defines?: readonly Define[];
  /** Names that are no macros, as `-U` gives them. */
  readonly undefines?: readonly string[];
  /** Folders to look for included files in, in order. */
  readonly includeDirs?: readonly string[];
  /** Reads included files. Default: from the disk. */
  readonly readFile?: ReadFile;
  /** Which paths are one file. Default: as the disk has it; with a `readFile`, those that are spelled alike but for `./` and `../`. */
  readonly identify?: Identify;
  /** Types and constants that are defined elsewhere. Relative modules are seen from the folder of the first source's modules. */
  readonly externals?: Externals;
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
  /** Import prefix of the library. Default `tsrpcgen`; one that begins with `.` is a folder, seen from that of the first source's modules. */
  readonly runtime?: string;
  /** Extension of relative imports, for all outputs or for each path. Default `.js`. */
  readonly importExtension?: ImportExtension | ((path: string) => ImportExtension | Promise<ImportExtension>);
  /** Names in TypeScript's manner, or as the `.x` spells them. Default `mapped`. */
  readonly names?: NameStyle;
  /** What a `string` of the `.x` is in TypeScript. Default `utf8`. */
  readonly strings?: StringStyle;
  /** Whether an enum takes its members alone, or any 32-bit integer. Default `strict`. */
  readonly enums?: EnumStyle;
  /** What a `hyper` of the `.x` is in TypeScript. Default `bigint`. */
  readonly hyper?: HyperStyle;
  /** What an array of numbers is in TypeScript. Default `plain`. */
  readonly arrays?: ArrayStyle;
  /** Where there is a program, a client whose calls block, too, beside the other. Default: no. */
  readonly sync?: boolean;
  /** Doubts that are no errors, too, as warnings. Default: no. */
  readonly lint?: boolean;
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
  /** Modules of other sources that it imports: where they are looked for, and what they are made of. */
  readonly imports: readonly { readonly path: string; readonly source: string }[];
}

export interface GenerateResult {
  /** Empty where `diagnostics` holds an error. */
  readonly files: readonly GeneratedFile[];
  readonly diagnostics: readonly (Diagnostic | Doubt)[];
  /** Every text that was read, by path: spans of diagnostics point into them, and the files depend on them. */
  readonly texts: SourceTexts;
  /** `%` lines for C, which are left out. */
  readonly leftOut: readonly LeftOut[];
  /** Files with programs that are included and no sources: there are no clients and servers of them. */
  readonly includedPrograms: readonly IncludedProgram[];
}

export interface IncludedProgram {
  readonly path: string;
  /** The source that includes it. */
  readonly input: string;
  /** Whether that one has no definitions of its own. */
  readonly definesNothing: boolean;
}

export interface LeftOut {
  /** With its `%`. */
  readonly text: string;
  readonly span: Span;
}

const DEFAULT_RUNTIME = "tsrpcgen";

/** A file that modules are made of. */
interface Unit {
  readonly source: string;
  /** The input that is it, or that includes it. */
  readonly input: string;
  readonly module: UnitModule;
  readonly outputs: readonly OutputKind[];
}

/** Generates the modules of all sources. An error in one of them leaves `files` empty. Never throws for what a source says. */
export async function generate(options: GenerateOptions): Promise<GenerateResult> {
  const reader = new SourceReader(options);
  const given = { ...options, openEnums: options.enums === "open", reader };
  const diagnostics: (Diagnostic | Doubt)[] = [];
  const texts = new Map<string, SourceText>();
  const leftOut: LeftOut[] = [];
  const sources = distinctSources(options.sources, reader);
  const includedPrograms: IncludedProgram[] = [];
  const inputs = new Set(sources.map(({ path }) => path));
  const units = new Map<string, Unit>();
  const readings = new Map<string, Reading>();
  const included: { path: string; input: string; module: UnitModule }[] = [];
  for (const { path, text } of sources) {
    const analysis = analyze(path, text, given);
    diagnostics.push(...analysis.diagnostics, ...readOtherwise(analysis.specification, path, readings));
    for (const [file, each] of analysis.texts) texts.set(file, each);
    const lines = analysis.specification.passthroughs.filter(({ text: line }) => tsLine(line) === undefined);
    leftOut.push(...lines.map(({ text: line, span }) => ({ text: `%${line.trimEnd()}`, span })));
    if (analysis.model === undefined) continue;
    if (options.hyper === "number") diagnostics.push(...unsafeLabels(analysis.model));
    if (options.lint === true) diagnostics.push(...lint(analysis.specification, analysis.model));
    const definesNothing = analysis.model.definitions.every(({ span }) => span.file !== path);
    for (const [file, module] of splitUnit(analysis.model, options.names, options.sync)) {
      const isElsewhere = file !== path && !inputs.has(file) && hasProgram(module.model);
      if (isElsewhere) includedPrograms.push({ path: file, input: path, definesNothing });
      if (file === path) {
        diagnostics.push(...module.diagnostics);
        const outputs = options.outputs ?? defaultOutputs(module.model, options);
        units.set(path, { source: path, input: path, module, outputs });
      } else if (!inputs.has(file) && options.outputs === undefined) {
        included.push({ path: file, input: path, module });
      }
    }
  }
  const files: GeneratedFile[] = [];
  const result = { files, diagnostics: distinct(diagnostics), texts, leftOut, includedPrograms };
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) return result;
  for (const { path, input, module } of included) {
    // As its includer reads it: its macros decide what the bytes are, as in C.
    if (!units.has(path)) units.set(path, { source: path, input, module, outputs: ["types"] });
  }

  const { includeDirs = [] } = options;
  const places: OutputPlaces = { inputs, outDir: options.outDir, includeDirs };
  for (const unit of units.values()) {
    for (const kind of unit.outputs) files.push(await generateModule(unit, kind, options, places));
  }
  return result;
}

/** One for each file, which the reader knows from now on by its path here, whatever path it is included by. */
function distinctSources(sources: readonly SourceFile[], reader: SourceReader): SourceFile[] {
  const byIdentity = new Map<string, SourceFile>();
  for (const source of sources) {
    const identity = reader.identify(source.path);
    if (byIdentity.has(identity)) continue;
    byIdentity.set(identity, source);
    reader.add(source.path, source.text);
  }
  return [...byIdentity.values()];
}

/** What a definition says in one of the inputs. */
interface Reading {
  readonly print: string;
  readonly input: string;
}

/** A file has one module: where inputs read it under macros that make other definitions of it, no module is right for all. */
function readOtherwise({ definitions }: Specification, input: string, readings: Map<string, Reading>): Diagnostic[] {
  return definitions.flatMap((definition): Diagnostic[] => {
    const { name, span } = definition;
    if (name === undefined || definition.kind === "broken" || span.end === span.start) return [];
    const key = `${span.file}:${name.text}`;
    const print = fingerprint(definition);
    const first = readings.get(key);
    if (first === undefined) readings.set(key, { print, input });
    if (first === undefined || first.print === print || first.input === input) return [];
    const message = `'${name.text}' is another in '${input}' than in '${first.input}', whose macros differ: its file has one module`;
    const hint = "generate them by runs of their own, each into its own folder";
    return [{ code: "duplicate-definition", severity: "error", message, span: name.span, hint }];
  });
}

/** Inputs that include the same file meet the same mistakes in it. */
function distinct<T extends Finding>(diagnostics: readonly T[]): T[] {
  const known = new Set<string>();
  return diagnostics.filter(({ code, span, message }) => {
    const key = `${span.file}:${span.start}:${span.end}:${code}:${message}`;
    return !known.has(key) && known.add(key);
  });
}

async function generateModule(
  { source, input, module }: Unit,
  kind: OutputKind,
  options: GenerateOptions,
  places: OutputPlaces,
): Promise<GeneratedFile> {
  const { model, names } = module;
  const { runtime = DEFAULT_RUNTIME, strings = "utf8", enums = "strict", sync = false } = options;
  const { hyper = "bigint", arrays = "plain", importExtension = ".js" } = options;
  const path = outputPath(source, kind, input, places);
  if (kind === "makefile") {
    return { path, text: makefileOf(path, source, model, options), kind, source, imports: [] };
  }
  const imports = new Map<string, string>();
  const extension = typeof importExtension === "function" ? await importExtension(path) : importExtension;
  const main = dirname(outputPath(options.sources[0]?.path ?? input, "types", input, places));
  const rules = {
    runtime: specifierFrom(path, runtime, main),
    extension: extension === "none" ? "" : extension,
    base: `./${outputStem(source)}` as const,
    moduleOf: (file: string) => {
      const to = outputPath(file, "types", input, places);
      imports.set(to, file);
      return importPath(path, to);
    },
    externalModule: (specifier: string) => specifierFrom(path, specifier, main),
    strings,
    enums,
    hyper,
    arrays,
    sync,
  };
  const about = { name: basename(source), stem: outputStem(source), server: options.sampleServer };
  const raw = emitModule(kind, model, names, rules, about);
  const formatted = await formatModule(raw, path, (await options.format?.(path)) ?? {});
  const text = kind === "types" ? insertScripts(formatted, model) : formatted;
  const imported = [...imports].map(([to, from]) => ({ path: to, source: from }));
  return { path, text, kind, source, imports: imported };
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

function makefileOf(path: string, source: string, model: Model, options: GenerateOptions): string {
  const { table = false, sync = false, runtime } = options;
  const from = relative(dirname(path), source);
  return makefileText({ source: from, stem: outputStem(source), program: hasProgram(model), table, sync, runtime });
}
