import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import { root, run } from "../setup/run.ts";

/** Programs of the guide with what they print. */
function programs(): { name: string; text: string; output: string }[] {
  const guide = readFileSync(join(root, "docs/runtime.md"), "utf8");
  const blocks = guide.matchAll(/^```ts run\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm);
  return [...blocks].map(([, text = "", output = ""], index) => ({ name: `program${index + 1}`, text, output }));
}

describe("docs/runtime.md", function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-docs-"));
    const guide = readFileSync(join(root, "docs/runtime.md"), "utf8");
    const [, source] = /^```x file=counter\.x\n([^]*?)^```$/m.exec(guide) ?? [];
    assert(source !== undefined);
    writeFileSync(join(folder, "counter.x"), source);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    const compilerOptions = { target: "ES2022", module: "NodeNext", strict: true, types: ["node"], skipLibCheck: true, outDir: "dist", rootDir: "." }; // prettier-ignore
    const lib = ["ES2022", "ESNext.Disposable"];
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { ...compilerOptions, lib }, include: ["*.ts"] }),
    );
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
    symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
    for (const { name, text } of programs()) writeFileSync(join(folder, `${name}.ts`), text);
    await run(process.execPath, [join(root, "bin/tsrpcgen.js"), join(folder, "counter.x")]);
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const { name, output } of programs()) {
    it(`${name} prints what it says`, async () => {
      const path = join(folder, "portmap.sock");
      await using portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket: path });
      await portmapper.listen();
      const env = { ...process.env, TSRPC_PORTMAP: path, XDG_RUNTIME_DIR: folder };
      const stdout = await run(process.execPath, [join(folder, "dist", `${name}.js`)], { env });
      assert.equal(stdout, output);
    });
  }

  it("has programs", () => {
    assert.equal(programs().length, 5);
  });

  it("names tests that there are", () => {
    const guide = readFileSync(join(root, "docs/runtime.md"), "utf8");
    const named = new Set([...guide.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, path = ""]) => path));
    for (const path of named) assert.ok(readFileSync(join(root, path), "utf8").length > 0, path);
  });
});
