/** The front end as one function: from a file's text to its model. */
import type { Specification } from "./ast.ts";
import { buildAst } from "./build-ast.ts";
import { buildModel } from "./build-model.ts";
import { aliasesAmong, withAliases } from "./c-types.ts";
import { checkAll } from "./check/check.ts";
import { Constants } from "./constants.ts";
import type { DiagnosticCode } from "./diagnostic-codes.ts";
import { Diagnostics, type Diagnostic, type Report } from "./diagnostics.ts";
import { type Externals, ExternalScope, NO_EXTERNALS } from "./externals.ts";
import { withoutUnknown } from "./left-out.ts";
import { MAX_SOURCE_BYTES } from "./limits.ts";
import { listed } from "./listed.ts";
import { mergePasses } from "./merge-passes.ts";
import type { Model } from "./model.ts";
import { parse, type ParseInput } from "./parse.ts";
import { PassReports, reportLeftOut } from "./pass-reports.ts";
import { PASSES, type Pass } from "./preprocess/macros.ts";
import { type Define, type Header, type Preprocessed, preprocess } from "./preprocess/preprocess.ts";
import type { SourceText, SourceTexts } from "./preprocess/source.ts";
import { withoutRemains } from "./read-source.ts";
import { buildScope } from "./resolve.ts";
import { rpcTypes } from "./rpc-types.ts";
import { SourceReader, TOO_LARGE } from "./source-reader.ts";

/** What a file says that uses what it does not define. */
const UNKNOWN: ReadonlySet<DiagnosticCode> = new Set(["unknown-type", "unknown-constant", "constant-left-out"]);

/** What a file is read with. */
export interface AnalyzeOptions {
  /** Macros, as `-D` gives them. */
  readonly defines?: readonly Define[];
  /** Names that are no macros, as `-U` gives them. */
  readonly undefines?: readonly string[];
  /** Folders to look for included files in, in order. A name in quotes is first looked for beside the file that includes it. */
  readonly includeDirs?: readonly string[];
  /** Types and constants that are defined elsewhere. */
  readonly externals?: Externals;
  /** Enums take any number, so that a union's default is reached beside all of their members. Default: no. */
  readonly openEnums?: boolean;
  /** Reads included files; one that is shared by several calls reads each once. Default: from the disk. */
  readonly reader?: SourceReader;
}

export interface Analysis {
  /** Undefined where `diagnostics` holds an error. */
  readonly model: Model | undefined;
  /** The syntax tree, whatever the errors. */
  readonly specification: Specification;
  /** In the order of the source. */
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that spans point into: the file's, and of those that it includes, by path. */
  readonly texts: SourceTexts;
}

/**
 * Reads a `.x` file's text, and what it includes. Never throws for what the text says: mistakes come back as diagnostics,
 * as many as can be told apart in one run.
 *
 * @param file the path that spans name, and beside which included files are looked for; nothing is read from it
 */
export function analyze(file: string, text: string, options: AnalyzeOptions = {}): Analysis {
  const reader = options.reader ?? new SourceReader();
  const tooLong = text.length > MAX_SOURCE_BYTES;
  const source = reader.add(file, tooLong ? "" : withoutRemains(text));
  if (tooLong) return refuse(source);
  const missing = { rpcTypes: new Set<string>(), aliases: new Set<string>(), followHeaders: false };
  for (;;) {
    const analysis = analyzeUnit(source, options, reader, missing);
    const { unknownTypes, aliases, hasTwins, diagnostics } = analysis;
    const isUnknown = diagnostics.some(({ code }) => UNKNOWN.has(code));
    const added = aliases.filter((name) => !missing.aliases.has(name));
    const known = [...unknownTypes].filter((name) => rpcTypes.has(name) && !missing.rpcTypes.has(name));
    if (isUnknown && hasTwins && !missing.followHeaders) {
      // What is missing may stand in the .x files that headers are made of.
      missing.followHeaders = true;
    } else if (known.length > 0 || added.length > 0) {
      for (const name of known) missing.rpcTypes.add(name);
      for (const name of added) missing.aliases.add(name);
    } else {
      return analysis;
    }
  }
}

function refuse(source: SourceText): Analysis {
  const diagnostics = new Diagnostics();
  const span = { file: source.path, start: 0, end: 0 };
  diagnostics.report("file-too-large", span, TOO_LARGE);
  const specification: Specification = { kind: "specification", span, definitions: [], passthroughs: [] };
  const texts = new Map([[source.path, source]]);
  return { model: undefined, specification, diagnostics: diagnostics.sorted(), texts };
}

interface UnitAnalysis extends Analysis {
  readonly hasTwins: boolean;
  readonly unknownTypes: ReadonlySet<string>;
  /** Those of them that C knows as other names of known ones. */
  readonly aliases: readonly string[];
}

function analyzeUnit(
  source: SourceText,
  options: AnalyzeOptions,
  reader: SourceReader,
  missing: {
    readonly rpcTypes: ReadonlySet<string>;
    readonly aliases: ReadonlySet<string>;
    readonly followHeaders: boolean;
  },
): UnitAnalysis {
  const { openEnums = false } = options;
  const diagnostics = new Diagnostics();
  const { report } = diagnostics;
  const passOf = (pass: Pass, report: Report): { preprocessed: Preprocessed; specification: Specification } => {
    const { defines = [], undefines = [], includeDirs = [] } = options;
    const read = (path: string, to: Report): SourceText | undefined => reader.read(path, to);
    const prelude = [...missing.rpcTypes].map((name) => rpcTypes.get(name) ?? "").join("");
    const given = { defines, undefines, includeDirs, pass, followHeaders: missing.followHeaders, read, prelude };
    const preprocessed = preprocess(source, given, report);
    return { preprocessed, specification: readPass(preprocessed, report) };
  };
  const first = passOf("RPC_XDR", report);
  // Where it finds nothing, it is not what the file is for.
  const isReadable = diagnostics.errors === 0 && first.specification.definitions.length > 0;
  const otherPasses = first.preprocessed.dependsOnPass ? PASSES.filter((pass) => pass !== "RPC_XDR") : [];
  const others = otherPasses.map((pass) => {
    const found = new PassReports();
    const read = passOf(pass, found.report);
    const mistake = isReadable ? found.mistake() : undefined;
    if (mistake === undefined) found.replay(report);
    return { pass, mistake, ...read };
  });
  const leftOut = others.flatMap(({ pass, mistake }) => (mistake ? [{ pass, mistake }] : []));
  reportLeftOut(leftOut, report);
  // What follows could not be told from what the missing text defines.
  const incomplete = diagnostics.errors > 0;
  const passes = [first, ...others];
  const merged = mergePasses(
    [first, ...others.filter(({ mistake }) => mistake === undefined)].map((pass) => pass.specification),
    report,
  );
  const externals = new ExternalScope(options.externals ?? NO_EXTERNALS, merged.passthroughs);
  const specification = withAliases(merged, missing.aliases, externals);
  if (!incomplete && specification.definitions.length === 0) {
    const names = [...new Set(passes.flatMap(({ preprocessed }) => [...preprocessed.undefinedConditions]))];
    const [is, flags] = [names.length > 1 ? "are" : "is", names.map((name) => `-D${name}`)];
    const hint = names.length === 0 ? undefined : `${listed(names)} ${is} not defined: ${listed(flags)}`;
    report("empty-file", { file: source.path, start: 0, end: 0 }, "the file defines nothing", { hint });
  }
  const headers = distinctHeaders(passes.flatMap(({ preprocessed }) => preprocessed.headers));
  const scope = buildScope(specification, { incomplete, externals, headers }, report);
  const kept = withoutUnknown(specification, scope, report);
  const constants = new Constants(kept, scope, report);
  const unknownTypes = new Set<string>();
  checkAll({ specification: kept, scope, constants, report, unknownTypes, openEnums });
  const model =
    diagnostics.errors === 0 ? buildModel(source.path, kept, scope, constants, report, openEnums) : undefined;
  const includedAt = new Map(passes.flatMap(({ preprocessed }) => [...preprocessed.includedAt]));
  return {
    model,
    specification,
    diagnostics: diagnostics.sorted(includedAt),
    texts: new Map(passes.flatMap(({ preprocessed }) => [...preprocessed.files]).map((file) => [file.path, file])),
    unknownTypes,
    aliases: aliasesAmong(unknownTypes, externals, scope),
    hasTwins: passes.some(({ preprocessed }) => preprocessed.hasTwins),
  };
}

/** The passes meet the same ones; what one of them includes is not left out. */
function distinctHeaders(headers: readonly Header[]): Header[] {
  const included = headers.filter(({ missing }) => missing === undefined);
  return [
    ...new Map(
      [...headers, ...included].map((header) => [`${header.span.file}:${header.span.start}`, header]),
    ).values(),
  ];
}

function readPass({ output, text }: Preprocessed, report: Report): Specification {
  const input: ParseInput = {
    text,
    spanOf: (start, end) => output.spanOf(start, end),
    originalOf: (start, end) => output.originalOf(text, start, end),
  };
  return buildAst(input, parse(input, report), report);
}
