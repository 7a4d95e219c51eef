/** A `.x` file of the differential tests: its model, and the modules that the generator makes of it now. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { XdrCodec } from "tsrpcgen/xdr";
import ts from "typescript";
import { analyze } from "../../../src/codegen/front-end.ts";
import { generate, type GenerateOptions } from "../../../src/codegen/generate.ts";
import type {
  Definition,
  Model,
  Procedure,
  ProgramDefinition,
  Type,
  TypeDefinition,
  Version,
} from "../../../src/codegen/model.ts";
import { nameModel, type Names } from "../../../src/codegen/names.ts";

/** The checkout: compiled, this file is dist/test/interop/differential/load.js. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");

/** The folder of the `.x` files and of the C sources. */
export const SOURCES: string = join(ROOT, "test/interop/differential");

export interface Specification {
  readonly path: string;
  readonly model: Model;
  readonly names: Names;
}

/** Reads a file by its name below {@link SOURCES}, without `.x`. Throws where the generator has an error to report. */
export function specification(name: string): Specification {
  return specificationAt(join(SOURCES, `${name}.x`));
}

/** Reads a file by its path. Throws where the generator has an error to report. */
export function specificationAt(path: string): Specification {
  const { model, diagnostics } = analyze(path, readFileSync(path, "utf8"));
  assert.ok(model, `${path}: ${diagnostics.map(({ message }) => message).join("; ")}`);
  return { path, model, names: nameModel(model).names };
}

/** Every type with a name: C has a routine for each. */
export function typesOf({ definitions }: Model): TypeDefinition[] {
  return definitions.filter((each) => each.kind !== "const" && each.kind !== "program");
}

/** A procedure, and where it is. */
export interface Place {
  readonly program: ProgramDefinition;
  readonly version: Version;
  readonly procedure: Procedure;
}

export function proceduresOf({ definitions }: Model): Place[] {
  const isProgram = (each: Definition): each is ProgramDefinition => each.kind === "program";
  return definitions
    .filter(isProgram)
    .flatMap((program) =>
      program.versions.flatMap((version) => version.procedures.map((procedure) => ({ program, version, procedure }))),
    );
}

export function argumentTypes({ args }: Procedure): readonly Type[] {
  return args.map(({ type }) => type);
}

/** The codecs of a procedure. Several arguments are one tuple. */
export interface ProcedureCodecs {
  readonly args: XdrCodec<unknown>;
  readonly result: XdrCodec<unknown>;
}

/** The codecs that were generated for a file. They are untyped here: the compiler's turn is in compile.test.ts. */
export class GeneratedCodecs {
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #names: Names;

  constructor(exports: Readonly<Record<string, unknown>>, names: Names) {
    this.#exports = exports;
    this.#names = names;
  }

  ofType(definition: TypeDefinition): XdrCodec<unknown> {
    const codec = this.#exports[this.#names.types.get(definition)?.codec ?? ""];
    assert.ok(isCodec(codec), `${definition.name} has a codec`);
    return codec;
  }

  ofProcedure({ version, procedure }: Place): ProcedureCodecs {
    const names = this.#names.versions.get(version);
    const descriptors = this.#exports[names?.descriptors ?? ""];
    const descriptor = property(descriptors, names?.procedures.get(procedure) ?? "");
    const args = property(descriptor, "args");
    const result = property(descriptor, "result");
    assert.ok(isCodec(args) && isCodec(result), `${procedure.name} has codecs`);
    return { args, result };
  }
}

/** Generates the module of types and codecs, and loads it. Nothing of it is left behind. */
export async function generatedCodecs(
  { path, names }: Specification,
  options: Pick<GenerateOptions, "hyper" | "arrays"> = {},
): Promise<GeneratedCodecs> {
  const sources = [{ path, text: readFileSync(path, "utf8") }];
  const { files, diagnostics } = await generate({ ...options, sources, outputs: ["types"] });
  const [module] = files;
  assert.ok(module, diagnostics.map(({ message }) => message).join("; "));
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-differential-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(ROOT, join(folder, "node_modules/tsrpcgen"));
    const file = join(folder, `${basename(path, ".x")}.js`);
    const compilerOptions = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    };
    writeFileSync(file, ts.transpileModule(module.text, { compilerOptions }).outputText);
    return new GeneratedCodecs((await import(pathToFileURL(file).href)) as Record<string, unknown>, names);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined;
}

function isCodec(value: unknown): value is XdrCodec<unknown> {
  return typeof property(value, "encode") === "function" && typeof property(value, "decode") === "function";
}
