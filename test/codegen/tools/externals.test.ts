import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { specifierFrom } from "../../../src/codegen/external-modules.ts";
import { root } from "../back/golden.ts";
import { Folder, tsrpcgen } from "./support.ts";

describe("relative modules of --externals and --runtime", function () {
  this.timeout(60_000);
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
    for (const name of ["sub", "out", "other"]) mkdirSync(folder.at(name));
    folder.write("main.x", '#include "sub/types.x"\nstruct a { address x; inner y; };\n');
    folder.write("sub/types.x", "struct inner { address x; pack y; };\n");
    folder.write("other/types.x", "struct other { address x; };\n");
    const address = { module: "./lib/address.js", type: "Address", codec: "AddressCodec" };
    const pack = { module: "pack/address", type: "Pack", codec: "PackCodec" };
    folder.write("externals.json", JSON.stringify({ types: { address, pack } }));
  });

  afterEach(() => {
    folder.remove();
  });

  async function succeeds(...args: string[]): Promise<string> {
    const given = args.map((name) => (/^-|^tsrpcgen$|^\./.test(name) ? name : folder.at(name)));
    const result = await tsrpcgen("--externals", folder.at("externals.json"), ...given);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  }

  const specifiers = (text: string): string[] => [
    ...new Set([...text.matchAll(/ from "([^"]*)"/g)].map((match) => match[1] ?? "")),
  ];
  const imports = (name: string): string[] => specifiers(folder.read(name));

  it("are seen from the folder of the first input, also by modules in its sub-folders, which compile", async () => {
    await succeeds("main.x");
    assert.deepEqual(imports("main.ts"), ["tsrpcgen/xdr", "./lib/address.js", "./sub/types.js"]);
    assert.deepEqual(imports("sub/types.ts"), ["tsrpcgen/xdr", "pack/address", "../lib/address.js"]);

    const codec = (name: string): string =>
      'import type { XdrCodec } from "tsrpcgen/xdr";\n' +
      `export type ${name} = number;\nexport declare const ${name}Codec: XdrCodec<number>;\n`;
    for (const name of ["lib", "node_modules", "node_modules/pack"]) mkdirSync(folder.at(name));
    folder.write("lib/address.ts", codec("Address"));
    folder.write("node_modules/pack/address.ts", codec("Pack"));
    folder.write("node_modules/pack/package.json", '{ "type": "module", "exports": { "./address": "./address.ts" } }');
    folder.write("package.json", '{ "type": "module" }');
    const compilerOptions = {
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable"],
      module: "NodeNext",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    folder.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["main.ts", "sub/types.ts"] }));
    symlinkSync(root, folder.at("node_modules/tsrpcgen"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder.path], { encoding: "utf8" });
    assert.equal(stdout, "");
    assert.equal(status, 0);
  });

  it("stay as they are where all modules are in one folder, of -o or of a single output", async () => {
    await succeeds("-o", "out", "main.x", "sub/types.x");
    assert.deepEqual(imports("out/main.ts"), ["tsrpcgen/xdr", "./lib/address.js", "./types.js"]);
    assert.deepEqual(imports("out/types.ts"), ["tsrpcgen/xdr", "pack/address", "./lib/address.js"]);
    await succeeds("-h", "-o", "out/one.ts", "sub/types.x");
    assert.deepEqual(imports("out/one.ts"), ["tsrpcgen/xdr", "pack/address", "./lib/address.js"]);
    assert.deepEqual(specifiers(await succeeds("-h", "sub/types.x")), imports("out/one.ts"));
  });

  it("are the same modules whether the file of another folder is an input, too, or included alone", async () => {
    await succeeds("main.x", "sub/types.x");
    assert.deepEqual(imports("sub/types.ts"), ["tsrpcgen/xdr", "pack/address", "../lib/address.js"]);
    await succeeds("sub/types.x", "other/types.x");
    assert.deepEqual(imports("sub/types.ts"), ["tsrpcgen/xdr", "pack/address", "./lib/address.js"]);
    assert.deepEqual(imports("other/types.ts"), ["tsrpcgen/xdr", "../sub/lib/address.js"]);
  });

  it("the folder of --runtime, too", async () => {
    await succeeds("--runtime", "../src", "main.x");
    assert.deepEqual(imports("main.ts"), ["../src/xdr/index.js", "./lib/address.js", "./sub/types.js"]);
    assert.deepEqual(imports("sub/types.ts"), ["../../src/xdr/index.js", "pack/address", "../lib/address.js"]);
  });

  it("specifierFrom() knows the ways up, down and here", () => {
    for (const [path, specifier, folderOf, expected] of [
      ["a/m.ts", "./x.js", "a", "./x.js"],
      ["./a/m.ts", "./b/../x.js", "a/", "./b/../x.js"],
      ["a/b/m.ts", "./x.js", "a", "../x.js"],
      ["a/b/m.ts", "./b/x.js", "a", "./x.js"],
      ["m.ts", "./x.js", "a", "./a/x.js"],
      ["m.ts", "../x.js", "a", "./x.js"],
      ["a/b/m.ts", ".", "a", ".."],
      ["/r/a/m.ts", "../c/x.js", "/r/b", "../c/x.js"],
      ["a/b/m.ts", "x/y.js", "a", "x/y.js"],
      ["a/b/m.ts", "#x", "a", "#x"],
      ["a/b/m.ts", "node:net", "a", "node:net"],
      ["a/b/m.ts", "..x", "a", "..x"],
      ["a/..b/m.ts", "./x.js", "a", "../x.js"],
      ["a/m.ts", "./..b/x.js", ".", "../..b/x.js"],
    ] as const) {
      assert.equal(specifierFrom(path, specifier, folderOf), expected, `${specifier} of ${folderOf} in ${path}`);
    }
  });
});
