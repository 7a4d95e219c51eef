/** What the command does, after its arguments are known. */
import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { OutputKind } from "../emit/index.ts";
import { type GeneratedFile, generate } from "../generate.ts";
import { SourceText } from "../preprocess/source.ts";
import { positionOf, renderDiagnostics } from "../render-diagnostic.ts";
import { Failure } from "./failure.ts";
import { readExternals } from "./externals-file.ts";
import { importExtensionFor } from "./import-extension.ts";
import type { CliOptions } from "./options.ts";
import { readSources } from "./sources.ts";
import { userFormat } from "./user-format.ts";
import { type OutputFile, exists, writeFiles } from "./write-files.ts";

/** What is the user's to change. */
const SAMPLES: ReadonlySet<OutputKind> = new Set<OutputKind>(["sample-client", "sample-server", "makefile"]);

/** Where the command's words go. */
export interface Output {
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => void;
  /** Whether `err` takes colours. */
  readonly color: boolean;
}

/** Runs the command, and gives its exit code. Nothing is written where there is an error in any input. */
export async function run(options: CliOptions, output: Output): Promise<number> {
  const { single, runtime, importExtension } = options;
  for (const note of options.notes) output.err(`tsrpcgen: ${note}\n`);
  const sources = await readSources(options.files);
  for (const failure of sources.failures) output.err(`tsrpcgen: ${failure}\n`);
  // Those that can be read are looked at all the same: one run tells of all.
  const broken = new Set(sources.diagnostics.map((diagnostic) => diagnostic.span.file));
  const readable = sources.files.filter((file) => !broken.has(file.path));
  // A module for standard output is made as if for the place that it would have.
  const place = (path: string): string => (single === undefined ? path : (options.output ?? path));
  const externals = options.externals === undefined ? undefined : await readExternals(options.externals);
  const { files, diagnostics, texts, leftOut } = await generate({
    sources: readable,
    samples: options.samples,
    names: options.names,
    strings: options.strings,
    enums: options.enums,
    makefile: options.samples,
    table: options.table,
    sampleServer: options.sampleServer,
    defines: options.defines,
    undefines: options.undefines,
    includeDirs: options.include,
    ...(externals && { externals }),
    ...(single !== undefined && { outputs: [single] }),
    ...(options.output !== undefined && outDir(single, options.output)),
    ...(runtime !== undefined && { runtime }),
    importExtension: importExtension ?? ((path) => importExtensionFor(dirname(place(path)))),
    format: (path) => userFormat(place(path)),
  });
  const unread = new Map(sources.files.map(({ path, text }) => [path, new SourceText(path, text)]));
  output.err(
    renderDiagnostics([...sources.diagnostics, ...diagnostics], new Map([...unread, ...texts]), {
      color: output.color,
    }),
  );
  if (options.verbose) {
    for (const { text, span } of leftOut) {
      const { file, line } = positionOf(span, texts);
      output.err(`${file}:${line}: left out: ${text}\n`);
    }
  }
  if (sources.failures.length > 0 || broken.size > 0) return 1;
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) return 1;
  if (single !== undefined && options.output === undefined) {
    for (const file of files) await output.out(file.text);
    return 0;
  }
  const targets = files.map((file) => ({ ...file, path: place(file.path) }));
  await refuseClashes(targets, options.files);
  const written = await withoutKept(targets, options.force, output);
  await writeFiles(written);
  if (options.verbose) for (const { path } of written) output.err(`tsrpcgen: wrote ${path}\n`);
  return 0;
}

/** Only a makefile, as a single output, names its source from where it lies. */
function outDir(single: OutputKind | undefined, output: string): { outDir?: string } {
  if (single === undefined) return { outDir: output };
  return single === "makefile" ? { outDir: dirname(output) } : {};
}

/** Samples that exist are the user's work. */
async function withoutKept(files: readonly GeneratedFile[], force: boolean, output: Output): Promise<OutputFile[]> {
  const written: OutputFile[] = [];
  for (const file of files) {
    if (SAMPLES.has(file.kind) && !force && (await exists(file.path))) {
      output.err(`tsrpcgen: ${file.path} exists and is kept (--force overwrites it)\n`);
    } else {
      written.push(file);
    }
  }
  return written;
}

/** No output may be an input, or another input's output. */
async function refuseClashes(files: readonly GeneratedFile[], inputs: readonly string[]): Promise<void> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const read = new Set(await Promise.all(inputs.map(real)));
  const sources = new Map<string, string>();
  for (const file of files) {
    const path = await real(file.path);
    if (read.has(path)) throw new Failure(`${file.path} is an input: it would be overwritten`);
    const other = sources.get(path);
    if (other !== undefined) throw new Failure(`${other} and ${file.source} would both give ${file.path}`);
    sources.set(path, file.source);
  }
}
