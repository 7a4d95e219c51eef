import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { unequal } from "../../../src/codegen/cli/check-files.ts";
import { diffWithDisk } from "../../../src/codegen/cli/check-files.ts";
import { Folder, parse, tsrpcgen } from "./support.ts";

const POINT = "struct point { int x; int y; };\n";
const DATE = "program DATE { version V { int NOW(void) = 1; } = 1; } = 0x20000001;\n";

describe("tsrpcgen --check", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    folder.remove();
  });

  it("says nothing where all files are what would be written", async () => {
    const input = folder.write("date.x", DATE);
    await tsrpcgen(input);
    const written = folder.files().map((name) => [name, statSync(folder.at(name)).mtimeMs]);
    assert.deepEqual(await tsrpcgen("--check", input), { status: 0, stdout: "", stderr: "" });
    assert.deepEqual(
      folder.files().map((name) => [name, statSync(folder.at(name)).mtimeMs]),
      written,
      "nothing is written",
    );
  });

  it("shows what would change, and does not write it", async () => {
    const input = folder.write("point.x", POINT);
    await tsrpcgen(input);
    const before = folder.read("point.ts");
    folder.write("point.x", POINT.replace("int y", "hyper y"));
    const { status, stdout, stderr } = await tsrpcgen("--check", input);
    assert.equal(status, 1);
    assert.equal(stderr, "");
    const path = folder.at("point.ts");
    assert(stdout.startsWith(`--- ${path}\n+++ ${path}\n@@ -`), stdout);
    assert.match(stdout, /^- {2}y: number;\n\+ {2}y: bigint;$/m);
    assert.equal(folder.read("point.ts"), before);
  });

  it("a file that is missing is all new; no folder is made", async () => {
    const input = folder.write("point.x", POINT);
    const { status, stdout } = await tsrpcgen("--check", "-o", folder.at("gen/deep"), input);
    assert.equal(status, 1);
    assert(stdout.startsWith(`--- /dev/null\n+++ ${folder.at("gen/deep/point.ts")}\n@@ -0,0 +1,`), stdout);
    assert.deepEqual(folder.files(), ["point.x"]);
  });

  it("patch takes the diff", async function () {
    const input = folder.write("date.x", DATE);
    await tsrpcgen(input);
    folder.write("date_clnt.ts", folder.read("date_clnt.ts").replace(/now/g, "then_"));
    folder.write("date.ts", folder.read("date.ts").trimEnd());
    rmSync(folder.at("date_svc.ts"));
    const { stdout } = await tsrpcgen("--check", input);
    const patched = spawnSync("patch", ["-p0", "-d", "/"], { input: stdout, encoding: "utf8" });
    if (patched.error) {
      console.log("      skipped: there is no patch");
      this.skip();
    }
    assert.equal(patched.status, 0, patched.stdout + patched.stderr);
    assert.deepEqual(await tsrpcgen("--check", input), { status: 0, stdout: "", stderr: "" });
  });

  it("patch takes the diff of a file of many lines that is missing, or empty", async function () {
    const text = Array.from({ length: 3000 }, (_, at) => `line ${at}\n`).join("");
    const files = [{ path: folder.at("missing.ts"), text }, { path: folder.write("empty.ts", ""), text }]; // prettier-ignore
    const diff = await diffWithDisk(files);
    assert.equal(diff.match(/^@@ -0,0 \+1,3000 @@$/gm)?.length, 2);
    const patched = spawnSync("patch", ["-p0", "-d", "/"], { input: diff, encoding: "utf8" });
    if (patched.error) {
      console.log("      skipped: there is no patch");
      this.skip();
    }
    assert.equal(patched.status, 0, patched.stdout + patched.stderr);
    assert.deepEqual([folder.read("missing.ts"), folder.read("empty.ts")], [text, text]);
  });

  it("texts that have too little in common are shown whole, in little time", async () => {
    const lines = (word: string): string => Array.from({ length: 9000 }, (_, at) => `${word} ${at}\n`).join("");
    const path = folder.write("a.ts", `${lines("old")}last`);
    const diff = await diffWithDisk([{ path, text: lines("new") }]);
    assert(diff.startsWith(`--- ${path}\n+++ ${path}\n@@ -1,9001 +1,9000 @@\n-old 0\n`), diff.slice(0, 200));
    assert(diff.includes("-last\n\\ No newline at end of file\n+new 0\n"));
  });

  it("samples are the user's", async () => {
    const input = folder.write("date.x", DATE);
    await tsrpcgen(input);
    assert.equal((await tsrpcgen("--check", "-a", input)).status, 0);
    for (const flag of ["-Sc", "-Ss", "-Sm"]) {
      assert.throws(() => parse("--check", flag, "-o", "out", input), /samples and makefiles are yours/, flag);
    }
  });

  it("one output is compared with the file of -o", async () => {
    const input = folder.write("point.x", POINT);
    await tsrpcgen("-h", "-o", folder.at("types.ts"), input);
    assert.equal((await tsrpcgen("--check", "-h", "-o", folder.at("types.ts"), input)).status, 0);
    assert.throws(() => parse("--check", "-h", "point.x"), /a single output has one with -o/);
    assert.throws(() => parse("--check", "--watch", "point.x"), /cannot be used with/);
  });

  it("mistakes in the source, and a folder in place of a file, are told of", async () => {
    const input = folder.write("point.x", POINT.replace("int y", "lost y"));
    const { status, stdout, stderr } = await tsrpcgen("--check", input);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /\[unknown-type\]/);
    folder.write("point.x", POINT);
    mkdirSync(folder.at("point.ts"));
    const second = await tsrpcgen("--check", input);
    assert.equal(second.status, 1);
    assert.equal(second.stderr, `tsrpcgen: can't read ${folder.at("point.ts")}: it is a directory\n`);
  });

  it("unequal() leaves out what is there", async () => {
    const same = { path: folder.write("a", "1"), text: "1" };
    const other = { path: folder.write("b", "1"), text: "2" };
    const missing = { path: folder.at("c"), text: "3" };
    assert.deepEqual(await unequal([same, other, missing]), [other, missing]);
  });
});
