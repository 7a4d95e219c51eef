/** `--emit`: what the front end makes of a `.x` file, as JSON for other tools. */
import type { Diagnostic } from "../diagnostics.ts";
import { analyze } from "../front-end.ts";
import type { SourceFile } from "../generate.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import type { SourceOptions } from "../source-options.ts";
import { SourceReader } from "../source-reader.ts";
import { astJson } from "./ast.ts";
import type { JsonObject } from "./json.ts";
import { modelJson } from "./model.ts";

/** `ast`: the syntax tree. `model`: the same with names looked up and constants evaluated. */
export type EmitKind = "ast" | "model";

/** Rises when a member is renamed, goes, or means something else; new members do not raise it. */
export const JSON_FORMAT = 1;

export interface EmitJsonResult {
  /** What docs/tools.md describes; undefined where `diagnostics` holds an error. */
  readonly json: JsonObject | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that was read, by path. */
  readonly texts: SourceTexts;
}

export function emitJson(kind: EmitKind, { path, text }: SourceFile, options: SourceOptions = {}): EmitJsonResult {
  const reader = new SourceReader(options);
  const { model, specification, diagnostics, texts } = analyze(path, text, {
    ...options,
    openEnums: options.enums === "open",
    reader,
  });
  if (!model) return { json: undefined, diagnostics, texts };
  const content = kind === "ast" ? astJson(specification, texts) : modelJson(model, texts);
  return { json: { tsrpcgen: { format: JSON_FORMAT, emit: kind }, file: path, ...content }, diagnostics, texts };
}
