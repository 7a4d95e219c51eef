/** Folders outside of the checkout that see the package as a user's project does. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../../setup/run.ts";

const created: string[] = [];
process.once("exit", () => {
  for (const folder of created) rmSync(folder, { recursive: true, force: true });
});

/** A folder of an ES module package with the checkout as its `tsrpcgen`. It goes when the process ends. */
export function workspace(): string {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-back-"));
  created.push(folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  return folder;
}

/** The golden modules and the type tests in a folder of their own. */
export function goldenWorkspace(): string {
  const folder = workspace();
  cpSync(join(root, "test/golden"), join(folder, "golden"), { recursive: true });
  cpSync(join(root, "test/types"), join(folder, "types"), {
    recursive: true,
    filter: (path) => !path.endsWith("tsconfig.json"),
  });
  return folder;
}

/** The compiler that the project is built with, and the one that users install. */
export type Compiler = "typescript" | "typescript-7";

/** Runs a compiler in a folder. Rejects with its messages. */
export async function compile(compiler: Compiler, folder: string, args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(root, "node_modules", compiler, "bin/tsc"), ...args], { cwd: folder });
}

/** As strict as TypeScript can be: what architecture asks of the code, and what a user may have on top. */
export const STRICT_OPTIONS: Readonly<Record<string, unknown>> = {
  target: "ES2022",
  lib: ["ES2023", "ESNext.Disposable"],
  types: ["node"],
  module: "NodeNext",
  moduleResolution: "NodeNext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  isolatedDeclarations: true,
  declaration: true,
  erasableSyntaxOnly: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  noUnusedLocals: true,
};

let compiled: Promise<string> | undefined;

/** Compiles all golden modules once, and gives the folder that holds the JavaScript of each case. */
export function compiledGolden(): Promise<string> {
  compiled ??= (async () => {
    const folder = goldenWorkspace();
    const compilerOptions = { ...STRICT_OPTIONS, rootDir: ".", outDir: "out" };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["golden", "types"] }));
    await compile("typescript", folder, ["-p", "."]);
    return join(folder, "out/golden");
  })();
  return compiled;
}
