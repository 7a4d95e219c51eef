/** `--emit`: a `.x` file as JSON. */
import { emitJson, type EmitKind } from "../json/emit.ts";
import { readExternals } from "./externals-file.ts";
import { guarded } from "./guarded.ts";
import type { Messages, Output } from "./messages.ts";
import type { CliOptions } from "./options.ts";
import { refuseMisplaced } from "./output-place.ts";
import { refuseClashes } from "./refuse-clashes.ts";
import { readSources } from "./sources.ts";
import { writeFiles } from "./write-files.ts";

/** Runs the command, and gives its exit code. */
export function runEmit(kind: EmitKind, options: CliOptions, output: Output): Promise<number> {
  return guarded(options.format, output, (messages) => emit(kind, options, output, messages));
}

async function emit(kind: EmitKind, options: CliOptions, output: Output, messages: Messages): Promise<number> {
  await refuseMisplaced(options);
  for (const note of options.notes) messages.note(note);
  const sources = await readSources(options.files);
  for (const failure of sources.failures) messages.failure(failure);
  messages.findings(sources.diagnostics, sources.texts);
  const [source] = sources.files;
  if (source === undefined || sources.diagnostics.some(({ severity }) => severity === "error")) return 1;
  const externals = options.externals === undefined ? undefined : await readExternals(options.externals);
  const { defines, undefines, enums, include: includeDirs } = options;
  const { json, diagnostics, texts } = emitJson(kind, source, {
    defines,
    undefines,
    includeDirs,
    enums,
    ...(externals && { externals }),
  });
  messages.findings(diagnostics, texts);
  if (json === undefined) return 1;
  const text = `${JSON.stringify(json, undefined, 2)}\n`;
  if (options.output === undefined) {
    await output.out(text);
    return 0;
  }
  const file = { path: options.output, text, source: source.path };
  await refuseClashes([file], [source.path, ...texts.keys()]);
  await writeFiles([file]);
  return 0;
}
