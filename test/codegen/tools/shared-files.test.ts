import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { Folder, tsrpcgen } from "./support.ts";

const DONE = { status: 0, stdout: "", stderr: "" };

describe("tsrpcgen, a file that several include", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    folder.remove();
  });

  it("is generated as its includer's macros make it", async () => {
    folder.write("types.x", "#ifndef SIZE\n#define SIZE 8\n#endif\ntypedef string name<SIZE>;\n");
    assert.deepEqual(await tsrpcgen(folder.write("a.x", '#define SIZE 16\n#include "types.x"\n')), DONE);
    assert.match(folder.read("types.ts"), /w\.string\(value, "Name", 16\)/);
    assert.deepEqual(await tsrpcgen(folder.write("b.x", '#include "types.x"\n')), DONE);
    assert.match(folder.read("types.ts"), /w\.string\(value, "Name", 8\)/);
  });

  it("is an error where their macros make other definitions of it", async () => {
    folder.write("types.x", "typedef string name<SIZE>;\nconst SAME = 1;\n");
    const a = folder.write("a.x", '#define SIZE 16\n#include "types.x"\n');
    const b = folder.write("b.x", '#define SIZE 8\n#include "types.x"\n');
    const { status, stderr } = await tsrpcgen(a, b);
    assert.equal(status, 1);
    assert.equal(stderr.match(/error/g)?.length, 1, stderr);
    const message = `'name' is another in '${b}' than in '${a}', whose macros differ: its file has one module`;
    assert.ok(stderr.startsWith(`${folder.at("types.x")}:1:16: error: ${message} [duplicate-definition]`), stderr);
    assert.deepEqual(folder.files(), ["a.x", "b.x", "types.x"]);
    assert.deepEqual(await tsrpcgen("-o", folder.at("of-a"), a), DONE);
    assert.deepEqual(await tsrpcgen("-o", folder.at("of-b"), b), DONE);
    assert.match(folder.read("of-a/types.ts"), /"Name", 16/);
    assert.match(folder.read("of-b/types.ts"), /"Name", 8/);
  });

  it("is an error where it is an input that its includer reads otherwise", async () => {
    const types = folder.write("types.x", "#ifndef SIZE\n#define SIZE 8\n#endif\ntypedef string name<SIZE>;\n");
    const a = folder.write("a.x", '#define SIZE 16\n#include "types.x"\n');
    const { status, stderr } = await tsrpcgen(types, a);
    assert.equal(status, 1);
    assert.match(stderr, /'name' is another in .* than in .*, whose macros differ/);
  });

  it("defines as much as it is included with other macros", async () => {
    folder.write("list.x", "struct NAME { ELEMENT items<>; };\n#undef NAME\n#undef ELEMENT\n");
    const twice = (name: string, element: string): string =>
      `#define NAME ${name}\n#define ELEMENT ${element}\n#include "list.x"\n`;
    const input = folder.write("a.x", twice("ints", "int") + twice("hypers", "hyper"));
    assert.deepEqual(await tsrpcgen(input), DONE);
    assert.match(folder.read("list.ts"), /interface Ints \{\s+items: number\[\]/);
    assert.match(folder.read("list.ts"), /interface Hypers \{\s+items: bigint\[\]/);
  });

  it("is one file by whatever path it is named", async () => {
    mkdirSync(folder.at("sub"));
    symlinkSync("sub", folder.at("link"));
    const types = folder.write("sub/types.x", "struct point { int x; };\n");
    folder.write("sub/line.x", '#include "../link/types.x"\nstruct line { point from; point to; };\n');
    const paths = ["sub/types.x", "./sub/types.x", "link/types.x", "link/../sub/types.x", "sub/line.x", types];
    const includes = paths.map((path) => `#include "${path}"\n`).join("");
    const input = folder.write("a.x", `${includes}struct figure { line lines<>; point center; };\n`);
    assert.deepEqual(await tsrpcgen(input, folder.at("link/types.x"), folder.at("./sub/types.x")), DONE);
    assert.deepEqual(folder.files(), ["a.ts", "a.x", "link", "sub"]);
    assert.match(folder.read("a.ts"), /from "\.\/link\/types\.js"/);
    assert.match(folder.read("sub/line.ts"), /from "\.\.\/link\/types\.js"/);
  });

  it("is read once where it asks for that, by whatever path", async () => {
    folder.write("once.x", "#pragma once\nconst COUNT = 1;\n");
    const input = folder.write("a.x", `#include "once.x"\n#include "${folder.at("once.x")}"\nconst B = COUNT;\n`);
    assert.deepEqual(await tsrpcgen(input), DONE);
  });

  it("is not written where another file of its name goes into the same folder", async () => {
    mkdirSync(folder.at("sub"));
    folder.write("sub/a.x", "const B = 1;\n");
    const input = folder.write("a.x", '#include "sub/a.x"\nconst C = B;\n');
    const { status, stderr } = await tsrpcgen("-o", folder.at("out"), input);
    assert.equal(status, 1);
    const both = `${input} and ${folder.at("sub/a.x")} would both give ${folder.at("out/a.ts")}`;
    assert.equal(stderr, `tsrpcgen: ${both}; without -o each goes beside its source\n`);
    assert.deepEqual(await tsrpcgen(input), DONE);
  });

  it("an unclosed bracket of an included file is named where the mistake shows", async () => {
    folder.write("open.x", "struct a {\n  int x;\n");
    const { stderr } = await tsrpcgen(folder.write("a.x", '#include "open.x"\nstruct b { int y; };\n'));
    assert.match(stderr, /a\.x:2:10: error: expected a name after 'b'/);
    assert.ok(stderr.includes(`${folder.at("open.x")}:1:10: note: '{' is still open from here`), stderr);
  });
});

describe("tsrpcgen, %ts lines of files that include each other", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    folder.remove();
  });

  it("give their types to both", async () => {
    folder.write(
      "inc.x",
      '%ts import { type Address, AddressCodec } from "./address.js";\nstruct held { stamp s; };\n',
    );
    const stamp =
      'import type { XdrCodec as Codec } from "tsrpcgen/xdr";\n' +
      "export interface Stamp { at: number }\n" +
      "const StampCodec: Codec<Stamp> = fail();\n";
    const lines = stamp.replace(/^/gm, "%ts ").replace(/%ts $/, "");
    const text = `#include "inc.x"\n${lines}struct a { address first; held second; stamp third; };\n`;
    assert.deepEqual(await tsrpcgen(folder.write("a.x", text)), DONE);
    assert.match(folder.read("a.ts"), /import \{ AddressCodec, HeldCodec \} from "\.\/inc\.js"/);
    assert.match(folder.read("a.ts"), /import type \{ Address, Held \} from "\.\/inc\.js"/);
    assert.match(folder.read("a.ts"), /\nexport \{ StampCodec \};\n$/);
    assert.match(folder.read("inc.ts"), /import \{ StampCodec \} from "\.\/a\.js"/);
    assert.match(folder.read("inc.ts"), /import type \{ Stamp \} from "\.\/a\.js"/);
    assert.match(folder.read("inc.ts"), /\nexport \{ type Address, AddressCodec \};\n$/);
  });

  it("need no definition beside them", async () => {
    folder.write("only.x", '%ts import { type Address, AddressCodec } from "./address.js";\n');
    assert.deepEqual(await tsrpcgen(folder.write("a.x", '#include "only.x"\nstruct a { address first; };\n')), DONE);
    assert.match(folder.read("a.ts"), /import \{ AddressCodec \} from "\.\/only\.js"/);
    assert.match(folder.read("only.ts"), /export \{ type Address, AddressCodec \};\n$/);
  });
});
