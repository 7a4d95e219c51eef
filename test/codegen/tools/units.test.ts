import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { Folder, tsrpcgen } from "./support.ts";

const DONE = { status: 0, stdout: "", stderr: "" };

/** The modules that a text imports from files. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/from "(\.[^"]*)"/g)].map((match) => match[1] ?? "").sort();
}

describe("tsrpcgen, files that include others", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
    mkdirSync(folder.at("inc"));
    mkdirSync(folder.at("sub"));
  });

  afterEach(() => {
    folder.remove();
  });

  const MAIN = '#include "sub/b.x"\n#include <c.x>\nstruct a { b first; c second; };\n';
  const writeAll = (): string => {
    folder.write("sub/b.x", "typedef int b<>;\nprogram P { version V { void F(b) = 1; } = 1; } = 0x20000001;\n");
    folder.write("inc/c.x", '#include "d.x"\nstruct c { d inner; };\n');
    folder.write("inc/d.x", "typedef opaque d[4];\n");
    return folder.write("a.x", MAIN);
  };

  it("writes the types of all: beside each file, and beside the including one where it was found by --include", async () => {
    assert.equal((await tsrpcgen("--include", folder.at("inc"), writeAll())).status, 0);
    assert.deepEqual(folder.files(), ["a.ts", "a.x", "c.ts", "d.ts", "inc", "sub"]);
    assert.deepEqual(importsOf(folder.read("a.ts")), ["./c.js", "./c.js", "./sub/b.js", "./sub/b.js"]);
    assert.deepEqual(importsOf(folder.read("c.ts")), ["./d.js"]);
    assert.match(folder.read("sub/b.ts"), /export type B = number\[\]/);
  });

  it("-o takes all into one folder; a single output writes no other", async () => {
    const input = writeAll();
    mkdirSync(folder.at("out"));
    assert.equal((await tsrpcgen("--include", folder.at("inc"), "-o", folder.at("out"), input)).status, 0);
    assert.deepEqual(importsOf(folder.read("out/a.ts")), ["./b.js", "./b.js", "./c.js", "./c.js"]);
    assert.equal((await tsrpcgen("--include", folder.at("inc"), "-h", "-o", folder.at("one.ts"), input)).status, 0);
    assert.deepEqual(folder.files(), ["a.x", "inc", "one.ts", "out", "sub"]);
  });

  it("an included file that is given, too, gets all its outputs, once", async () => {
    const input = writeAll();
    const given = ["--include", folder.at("inc"), "-o", folder.at("out"), input, folder.at("sub/b.x")];
    assert.deepEqual(await tsrpcgen(...given), DONE);
    assert.match(folder.read("out/b_clnt.ts"), /class PV1Client/);
    assert.match(folder.read("out/b.ts"), /0x20000001/);
  });

  it("writes nothing where an included file has a mistake, and says where it is included", async () => {
    const input = folder.write("a.x", '\n#include "b.x"\nstruct a { b c; };\n');
    folder.write("b.x", "typedef lost b;\n");
    const { status, stderr } = await tsrpcgen(input);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^${folder.at("b.x")}:1:9: error: .*'lost'`));
    assert.ok(stderr.includes(`${input}:2:1: note: the file is included here`), stderr);
    assert.deepEqual(folder.files(), ["a.x", "b.x", "inc", "sub"]);
  });

  it("points through macros to their use, with a note at the macro", async () => {
    const input = folder.write("a.x", "#define SIZE LOST\n#define LIST int x<SIZE>\n\nstruct a { LIST; };\n");
    const { stderr } = await tsrpcgen(input);
    assert.ok(stderr.startsWith(`${input}:4:12: error: nothing defines the constant 'LOST'`), stderr);
    assert.ok(stderr.includes(`${input}:2:1: note: the text comes from the macro 'LIST'`), stderr);
  });

  it("counts lines as the line markers of cpp have it", async () => {
    const input = folder.write("a.x", '# 1 "orig.x"\n# 1 "<built-in>"\n# 41 "orig.x"\nstruct a { lost b; };\n');
    const { stderr } = await tsrpcgen(input);
    assert.ok(stderr.startsWith("orig.x:41:12: error: nothing defines the type 'lost'"), stderr);
    assert.ok(stderr.includes("   41 | struct a { lost b; };"), stderr);
  });

  it("-D and -U are macros; --verbose lists what is left out and what is written", async () => {
    const input = folder.write(
      "a.x",
      "%#include <stdio.h>\n%ts // kept\n#ifdef B\nconst C = A;\n#endif\nconst D = A;\n",
    );
    const { status, stderr } = await tsrpcgen("-DA=5", "-DB", "-UB", "--verbose", input);
    assert.equal(status, 0);
    assert.equal(stderr, `${input}:1: left out: %#include <stdio.h>\ntsrpcgen: wrote ${folder.at("a.ts")}\n`);
    assert.match(folder.read("a.ts"), /\/\/ kept\n[^]*export const D = 5;/);
    assert.doesNotMatch(folder.read("a.ts"), /const C/);
  });

  it("--externals says what C headers declare; a file that is none is told of", async () => {
    const input = folder.write("a.x", "%#include <net.h>\nstruct a { address b<SIZE>; };\n");
    const json = (text: string): string => folder.write("externals.json", text);
    const type = { module: "./net.js", type: "Address", codec: "addressCodec" };
    const good = json(JSON.stringify({ types: { address: type }, constants: { SIZE: 7 } }));
    assert.deepEqual(await tsrpcgen("--externals", good, input), DONE);
    assert.match(folder.read("a.ts"), /import \{ addressCodec \} from "\.\/net\.js"/);
    for (const [text, message] of [
      ["{", /is not JSON/],
      ["[]", /it is not a JSON object/],
      ['{ "types": { "address": {} } }', /types\.address is not \{ "module"/],
      ['{ "constants": { "SIZE": 1.5 } }', /constants\.SIZE is not an integer/],
    ] as const) {
      const { status, stderr } = await tsrpcgen("--externals", json(text), input);
      assert.equal(status, 1);
      assert.match(stderr, message);
    }
    const { stderr } = await tsrpcgen(input);
    assert.match(stderr, /hint: C headers are not read \('net\.h'\); say what it is by --externals FILE/);
    assert.match(stderr, /hint: .*-DSIZE=VALUE/);
  });
});
