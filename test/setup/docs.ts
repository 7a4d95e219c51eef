import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.ts";

/** A program of a page: a block "ts run", with what it prints, the block "text" behind it. */
export interface DocsProgram {
  name: string;
  /** The heading that it is under. */
  heading: string;
  text: string;
  output: string;
}

/** A page of the documentation whose programs are run. */
export class DocsPage {
  readonly text: string;
  readonly programs: readonly DocsProgram[];

  /** @param path of the page, from the checkout's root */
  constructor(path: string) {
    this.text = readFileSync(join(root, path), "utf8");
    const blocks = this.text.matchAll(/^```ts run\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm);
    this.programs = [...blocks].map(({ index: at, 1: text = "", 2: output = "" }, index) => ({
      name: `program${index + 1}`,
      heading: this.#headingAbove(at),
      text,
      output,
    }));
  }

  #headingAbove(at: number): string {
    return [...this.text.slice(0, at).matchAll(/^##+ (.*)$/gm)].at(-1)?.[1] ?? "";
  }

  /** How many blocks are marked as programs, with what they print or without. */
  get marked(): number {
    return this.text.match(/^```ts run$/gm)?.length ?? 0;
  }

  /** The tests that the page names: paths from the checkout's root. */
  get namedTests(): string[] {
    return [...new Set([...this.text.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, path = ""]) => path))];
  }
}

/** A folder that is a user's project: its modules import tsrpcgen by name, and are compiled as a user's are. */
export class DocsProject implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "tsrpcgen-docs-"));

  constructor(page: DocsPage) {
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }\n');
    const compilerOptions = { target: "ES2022", module: "NodeNext", strict: true, types: ["node"], skipLibCheck: true, outDir: "dist", rootDir: "." }; // prettier-ignore
    const lib = ["ES2022", "ESNext.Disposable"];
    writeFileSync(
      join(this.folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, lib }, include: ["*.ts"] }),
    );
    mkdirSync(join(this.folder, "node_modules/@types"), { recursive: true });
    symlinkSync(root, join(this.folder, "node_modules/tsrpcgen"));
    symlinkSync(join(root, "node_modules/@types/node"), join(this.folder, "node_modules/@types/node"));
    for (const { name, text } of page.programs) writeFileSync(join(this.folder, `${name}.ts`), text);
  }

  async compile(): Promise<void> {
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", this.folder]);
  }

  /** @returns what a compiled program has printed */
  runProgram({ name }: DocsProgram, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const options = { cwd: this.folder, env: { ...process.env, ...env } };
    return run(process.execPath, [join(this.folder, "dist", `${name}.js`)], options);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
