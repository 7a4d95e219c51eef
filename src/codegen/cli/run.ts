/** What the command does, after its arguments are known. */
import { dirname } from "node:path";
import type { OutputKind } from "../emit/index.ts";
import { type GeneratedFile, generate } from "../generate.ts";
import { identifyOnDisk, readFromDisk } from "../source-reader.ts";
import { diffWithDisk, unequal } from "./check-files.ts";
import { readExternals } from "./externals-file.ts";
import { guarded } from "./guarded.ts";
import { importExtensionFor } from "./import-extension.ts";
import { missingModules, programsElsewhere } from "./include-notes.ts";
import type { Messages, Output } from "./messages.ts";
import type { CliOptions } from "./options.ts";
import { refuseMisplaced } from "./output-place.ts";
import { refuseClashes } from "./refuse-clashes.ts";
import { readSources } from "./sources.ts";
import { userFormat } from "./user-format.ts";
import { type OutputFile, exists, writeFiles } from "./write-files.ts";

/** What is the user's to change. */
const SAMPLES: ReadonlySet<OutputKind> = new Set<OutputKind>(["sample-client", "sample-server", "makefile"]);

/** What a caller that runs again and again wants to know, and how it wants to write. */
export interface RunHooks {
  /** Called with each path that is read or looked for. */
  readonly onRead?: (path: string) => void;
  /** Called with what has been written. */
  readonly onWritten?: (files: readonly OutputFile[]) => void;
  /** Leave files alone that are what they are to be. Default: write them, as make wants it. */
  readonly keepEqual?: boolean;
}

/** Runs the command, and gives its exit code. Nothing is written where there is an error in any input. */
export function run(options: CliOptions, output: Output, hooks: RunHooks = {}): Promise<number> {
  return guarded(options.format, output, async (messages) => {
    await refuseMisplaced(options);
    return generateFiles(options, output, messages, hooks);
  });
}

/** The same, with messages that the caller ends. Throws a Failure. */
export async function generateFiles(
  options: CliOptions,
  output: Output,
  messages: Messages,
  hooks: RunHooks,
): Promise<number> {
  const { single, runtime, importExtension } = options;
  const { onRead = () => undefined } = hooks;
  for (const note of options.notes) messages.note(note);
  for (const path of options.files) onRead(path);
  if (options.externals !== undefined) onRead(options.externals);
  const sources = await readSources(options.files);
  for (const failure of sources.failures) messages.failure(failure);
  // Those that can be read are looked at all the same: one run tells of all.
  const broken = new Set(
    sources.diagnostics.filter(({ severity }) => severity === "error").map(({ span }) => span.file),
  );
  const readable = sources.files.filter((file) => !broken.has(file.path));
  // A module for standard output is made as if for the place that it would have.
  const place = (path: string): string => (single === undefined ? path : (options.output ?? path));
  const externals = options.externals === undefined ? undefined : await readExternals(options.externals);
  const { files, diagnostics, texts, leftOut, includedPrograms } = await generate({
    sources: readable,
    samples: options.samples,
    names: options.names,
    strings: options.strings,
    enums: options.enums,
    hyper: options.hyper,
    arrays: options.arrays,
    sync: options.sync,
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
    lint: options.lint,
    readFile: (path) => {
      onRead(path);
      return readFromDisk(path);
    },
    identify: identifyOnDisk,
  });
  messages.findings([...sources.diagnostics, ...diagnostics], new Map([...sources.texts, ...texts]));
  if (options.verbose) {
    for (const { text, span } of leftOut) messages.noteAt("left-out", `left out: ${text}`, span, texts);
  }
  if (sources.failures.length > 0 || broken.size > 0) return 1;
  if (diagnostics.some((diagnostic) => diagnostic.severity === "error")) return 1;
  for (const note of programsElsewhere(includedPrograms, single)) messages.note(note);
  for (const file of single === undefined ? [] : files) {
    const note = await missingModules(file, options.output);
    if (note !== undefined) messages.note(note);
  }
  if (single !== undefined && options.output === undefined) {
    for (const file of files) await output.out(file.text);
    return 0;
  }
  const targets = files.map((file) => ({ ...file, path: place(file.path) }));
  const isFlat = single === undefined && options.output !== undefined;
  await refuseClashes(targets, options.files, isFlat ? "; without -o each goes beside its source" : "");
  if (options.check) {
    const diff = await diffWithDisk(targets.filter(({ kind }) => !SAMPLES.has(kind)));
    await output.out(diff);
    return diff === "" ? 0 : 1;
  }
  const wanted = await withoutKept(targets, options.force, messages);
  const written = hooks.keepEqual === true ? await unequal(wanted) : wanted;
  await writeFiles(written);
  if (options.verbose) for (const { path } of written) messages.note(`wrote ${path}`);
  hooks.onWritten?.(written);
  return 0;
}

/** Only a makefile, as a single output, names its source from where it lies. */
function outDir(single: OutputKind | undefined, output: string): { outDir?: string } {
  if (single === undefined) return { outDir: output };
  return single === "makefile" ? { outDir: dirname(output) } : {};
}

/** Samples that exist are the user's work. */
async function withoutKept(files: readonly GeneratedFile[], force: boolean, messages: Messages): Promise<OutputFile[]> {
  const written: OutputFile[] = [];
  for (const file of files) {
    if (SAMPLES.has(file.kind) && !force && (await exists(file.path))) {
      messages.note(`${file.path} exists and is kept (--force overwrites it)`);
    } else {
      written.push(file);
    }
  }
  return written;
}
