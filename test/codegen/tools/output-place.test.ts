import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { writeFiles } from "../../../src/codegen/cli/write-files.ts";
import { Failure } from "../../../src/codegen/cli/failure.ts";
import { watch } from "../../../src/codegen/cli/watch.ts";
import { Folder, parse, tsrpcgen } from "./support.ts";

describe("tsrpcgen, -o", () => {
  let folder: Folder;
  let input: string;

  beforeEach(() => {
    folder = new Folder();
    input = folder.write("a.x", "struct a { int b; };\n");
    folder.write("f.ts", "// as it was\n");
  });

  afterEach(() => {
    folder.remove();
  });

  /** Fails with this one line, and leaves the folder as it was. */
  async function fails(message: string, ...args: string[]): Promise<void> {
    const before = folder.files();
    const { status, stdout, stderr } = await tsrpcgen(...args, input);
    assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: "", stderr: `tsrpcgen: ${message}\n` });
    assert.deepEqual(folder.files(), before);
    assert.equal(folder.read("f.ts"), "// as it was\n");
  }

  const ALONE = "it takes a folder, unless one output alone is asked for (-h, -c, -l, -m, -t, -S…, --emit)";

  it("a file that exists is no folder", async () => {
    const file = folder.at("f.ts");
    await fails(`-o ${file} is a file: ${ALONE}`, "-o", file);
    await fails(`-o ${file}/ is a file: ${ALONE}`, "-o", `${file}/`);
    await fails(`-o ${file} is a file: ${ALONE}`, "--check", "-o", file);
    await fails(`-o ${input} is a file: ${ALONE}`, "-a", "-o", input);
  });

  it("what lies below a file can't be made, be it a folder or a file", async () => {
    const below = folder.at("f.ts/deep/x.ts");
    const message = `-o ${below} can't be made: ${folder.at("f.ts")} is a file, not a folder`;
    for (const flags of [["-l"], ["-Sm"], ["--emit", "ast"], ["--check", "-h"]]) {
      await fails(message, ...flags, "-o", below);
    }
    const out = folder.at("f.ts/out");
    await fails(`-o ${out} can't be made: ${folder.at("f.ts")} is a file, not a folder`, "-o", out);
  });

  it("a folder is no file for one output", async () => {
    mkdirSync(folder.at("dir"));
    for (const path of [folder.at("dir"), folder.at("dir/"), folder.at("new/")]) {
      const message = `-o ${path} is a folder: it takes a file where one output alone is asked for`;
      await fails(message, "-h", "-o", path);
      await fails(message, "--emit", "model", "-o", path);
    }
  });

  it("a module's name is no name for a folder, unless there is such a folder, or a slash says so", async () => {
    for (const name of ["new.ts", "new.js", "new.mts", "new.cts"]) {
      await fails(`-o ${folder.at(name)} is the name of a file: ${ALONE}`, "-o", folder.at(name));
    }
    assert.equal((await tsrpcgen("-o", folder.at("new.ts/"), input)).status, 0);
    assert.equal((await tsrpcgen("-o", folder.at("new.ts"), input)).status, 0);
    assert.match(folder.read("new.ts/a.ts"), /interface A/);
    assert.equal((await tsrpcgen("-o", folder.at("v1.2"), input)).status, 0);
  });

  it("- is standard output for one output, and misuse otherwise, as is no path at all", async () => {
    const { stdout } = await tsrpcgen("-h", input);
    const before = folder.files();
    assert.deepEqual(await tsrpcgen("-h", "-o", "-", input), { status: 0, stdout, stderr: "" });
    assert.match((await tsrpcgen("--emit", "ast", "-o", "-", input)).stdout, /^\{/);
    assert.deepEqual(folder.files(), before);
    assert.throws(() => parse("-o", "-", input), new RegExp(`-o - is standard output: it takes a folder, unless`));
    assert.throws(() => parse("-o", "", input), /-o takes a path, and has an empty one/);
    assert.throws(() => parse("-h", "-o", "", input), /-o takes a path/);
    assert.throws(() => parse("--check", "-h", "-o", "-", input), /a single output has one with -o/);
  });

  it("--watch ends: no change of an input mends it", async () => {
    let stderr = "";
    const output = {
      out: () => Promise.resolve(),
      err: (text: string) => {
        stderr += text;
      },
      color: false,
    };
    // Were it to wait, the signal ends it with status 0.
    const status = await watch(parse("--watch", "-o", folder.at("f.ts"), input), output, AbortSignal.timeout(2000));
    assert.equal(status, 1);
    assert.match(stderr, /f\.ts is a file/);
  });

  it("a file that can't be made, nor looked for to be removed, is a failure with its path", async () => {
    const path = folder.at("f.ts/x.ts");
    await assert.rejects(
      writeFiles([{ path, text: "" }]),
      (error) => error instanceof Failure && error.message.startsWith(`can't write ${path}: `),
    );
  });
});
