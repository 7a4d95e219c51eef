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
import { parseExternals } from "../../../src/codegen/externals.ts";
import { readFromDisk } from "../../../src/codegen/source-reader.ts";

/** The checkout: the nearest folder above with a package.json. */
export const root: string = (function find(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : find(dirname(folder));
})(dirname(fileURLToPath(import.meta.url)));

const golden = join(root, "test/golden");

/**
 * The cases: folders with an `input.x`, what is to come of it, `expected*.ts`, and perhaps other `.x` files that it
 * includes, a `usage.ts` of its types and modules that these need, and an `options.json` of `generate()`'s options.
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

/** `expected_clnt.ts` for `input_clnt.ts`; `expected-inc-types.ts` for what comes of an included `inc/types.x`. */
export function expectedName(path: string): string {
  return path.startsWith("input") ? path.replace("input", "expected") : `expected-${path.replaceAll("/", "-")}`;
}

/** Modules of a case that are not generated. */
function modulesOf(name: string): string[] {
  return readdirSync(join(golden, name)).filter((file) => file.endsWith(".ts") && !file.startsWith("expected"));
}

/** What a case is read and generated with. */
export function optionsOf(name: string): Partial<GenerateOptions> & Pick<GenerateOptions, "readFile"> {
  const options = JSON.parse(read(name, "options.json") ?? "{}") as Partial<GenerateOptions>;
  const externals = parseExternals(options.externals ?? {});
  if (typeof externals === "string") throw new Error(`${name}/options.json: ${externals}`);
  return { ...options, externals, readFile: (path) => readFromDisk(join(golden, name, path)) };
}

/** What a case gives, in the format of the golden files and not in that of whatever folder it lies in. */
export async function generated(name: string, importExtension: ImportExtension = ".js"): Promise<GenerateResult> {
  return generate({
    ...optionsOf(name),
    sources: [{ path: "input.x", text: read(name, "input.x") ?? "" }],
    samples: true,
    table: true,
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
    for (const { path, text } of (await generated(name)).files) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), text);
    }
    for (const file of modulesOf(name)) writeFileSync(join(folder, name, file), read(name, file) ?? "");
  }
  return folder;
}
