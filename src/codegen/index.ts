/** The generator as a library. */
export type { Span } from "./ast.ts";
export {
  breaking,
  type BreakingChange,
  type BreakingCode,
  breakingCodes,
  type BreakingOptions,
  type BreakingResult,
  type BrokenPair,
} from "./breaking/breaking.ts";
export type { Diagnostic, DiagnosticNote, Finding, Severity } from "./diagnostics.ts";
export type { OutputKind } from "./emit/index.ts";
export type { ArrayStyle, EnumStyle, HyperStyle, StringStyle } from "./emit/options.ts";
export type { SampleServerOptions, SampleTransport } from "./emit/sample-server.ts";
export {
  generate,
  type GeneratedFile,
  type GenerateOptions,
  type GenerateResult,
  type ImportExtension,
  type IncludedProgram,
  type LeftOut,
  type SourceFile,
} from "./generate.ts";
export { type ExternalType, type Externals, type ExternalsJson, parseExternals } from "./externals.ts";
export { type DiagnosticJson, diagnosticJson } from "./json/diagnostics.ts";
export { type EmitJsonResult, emitJson, type EmitKind } from "./json/emit.ts";
export type { JsonObject, JsonValue } from "./json/json.ts";
export type { PlaceJson } from "./json/place.ts";
export type { Doubt } from "./lint/context.ts";
export type { LintCode } from "./lint/lint-codes.ts";
export type { Define } from "./preprocess/preprocess.ts";
export { type Position, SourceText, type SourceTexts } from "./preprocess/source.ts";
export { positionOf, renderDiagnostic, renderDiagnostics, type RenderOptions } from "./render-diagnostic.ts";
export type { SourceOptions } from "./source-options.ts";
export type { ReadFile } from "./source-reader.ts";
export type { NameStyle } from "./names.ts";
