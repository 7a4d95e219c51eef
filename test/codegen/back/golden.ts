import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type GenerateOptions,
  type GenerateResult,
  type ImportExtension,
  generate,
} from "../../../src/codegen/generate.ts";

/** The checkout: the nearest folder above with a package.json. */
export const root: string = (function find(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : find(dirname(folder));
})(dirname(fileURLToPath(import.meta.url)));

const golden = join(root, "test/golden");

/**
 * The cases: folders with an `input.x`, what is to come of it, `expected*.ts`, and perhaps a `usage.ts` of its types and
 * an `options.json` of `generate()`'s options.
 */
export const cases: readonly string[] = readdirSync(golden).sort();

/** The text of a case's file; undefined where there is none. */
export function read(name: string, file: string): string | undefined {
  const path = join(golden, name, file);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Writes what a case is to give from now on. */
export function write(name: string, file: string, text: string): void {
  writeFileSync(join(golden, name, file), text);
}

/** `expected_clnt.ts` for `input_clnt.ts`. */
export function expectedName(path: string): string {
  return path.replace(/^.*input/, "expected");
}

/** What a case gives, in the format of the golden files and not in that of whatever folder it lies in. */
export async function generated(name: string, importExtension: ImportExtension = ".js"): Promise<GenerateResult> {
  const options = JSON.parse(read(name, "options.json") ?? "{}") as Pick<
    GenerateOptions,
    "names" | "strings" | "enums"
  >;
  return generate({
    ...options,
    sources: [{ path: "input.x", text: read(name, "input.x") ?? "" }],
    samples: true,
    importExtension,
    format: () => ({ printWidth: 120 }),
  });
}

/** A folder in which generated modules find this package as an installed one, with all cases' modules below it. */
export async function projectOfCases(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-golden-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  for (const name of cases) {
    mkdirSync(join(folder, name));
    for (const { path, text } of (await generated(name)).files) writeFileSync(join(folder, name, path), text);
    const usage = read(name, "usage.ts");
    if (usage !== undefined) writeFileSync(join(folder, name, "usage.ts"), usage);
  }
  return folder;
}
