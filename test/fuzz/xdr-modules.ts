/** The codecs of golden cases, generated and compiled as a user has them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { XdrCodec } from "tsrpcgen/xdr";
import { generate, type GenerateOptions } from "../../src/codegen/generate.ts";
import { read, root } from "../codegen/back/golden.ts";

export interface NamedCodec {
  /** `unions: ShapeCodec`. */
  readonly name: string;
  readonly codec: XdrCodec<unknown>;
}

/** All codecs of the modules of types of some cases, which must need no other modules. */
export async function codecsOf(cases: readonly string[]): Promise<NamedCodec[]> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fuzz-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
    const codecs: NamedCodec[] = [];
    for (const name of cases) {
      const path = join(folder, `${name}.js`);
      writeFileSync(path, await compiled(name));
      const module = (await import(pathToFileURL(path).href)) as Record<string, XdrCodec<unknown>>;
      for (const [key, codec] of Object.entries(module)) {
        if (key.endsWith("Codec")) codecs.push({ name: `${name}: ${key}`, codec });
      }
    }
    return codecs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compiled(name: string): Promise<string> {
  const options = JSON.parse(read(name, "options.json") ?? "{}") as Partial<GenerateOptions>;
  const sources = [{ path: "input.x", text: read(name, "input.x") ?? "" }];
  const { files } = await generate({ ...options, sources, outputs: ["types"] });
  const [module] = files;
  if (module === undefined) throw new Error(`test/golden/${name}/input.x gives no module`);
  const { outputText } = ts.transpileModule(module.text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return outputText;
}
