import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { dirname, relative } from "node:path";
import { generate } from "../../../src/codegen/generate.ts";
import { Folder, tsrpcgen } from "./support.ts";

describe("tsrpcgen, notes on included files", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
    mkdirSync(folder.at("sub"));
    folder.write("sub/types.x", "struct inner { int a; };\nconst SIZE = 4;\n");
    folder.write("more.x", "typedef opaque more[4];\n");
    folder.write("prot.x", `#include "sub/types.x"\n${program(1, "inner F(void) = 1;")}`);
    folder.write("other.x", program(2, "int G(void) = 1;"));
  });

  afterEach(() => {
    folder.remove();
  });

  const program = (number: number, procedure: string): string =>
    `program P${number} { version V${number} { ${procedure} } = 1; } = 0x2000000${number};\n`;

  /** What it says, with paths as they are within the folder. */
  async function notes(...args: string[]): Promise<string> {
    const given = args.map((name) => (/^-/.test(name) ? name : folder.at(name)));
    const { status, stderr } = await tsrpcgen(...given);
    assert.equal(status, 0, stderr);
    return stderr.replaceAll(`${folder.path}/`, "");
  }

  describe("modules that a single output imports", () => {
    const MAIN = '#include "sub/types.x"\n#include "more.x"\nstruct s { inner i; more m; };\n';

    it("are listed where they are not there, with the way to make each", async () => {
      folder.write("main.x", MAIN);
      const onStdout =
        "tsrpcgen: the module of main.x imports what is not there, and what this run does not write. To make it:\n" +
        "  tsrpcgen -h -o sub/types.ts sub/types.x\n  tsrpcgen -h -o more.ts more.x\n";
      assert.equal(await notes("-h", "main.x"), onStdout);
      const inFile =
        "tsrpcgen: gen/x.ts imports what is not there, and what this run does not write. To make it:\n" +
        "  tsrpcgen -h -o gen/sub/types.ts sub/types.x\n  tsrpcgen -h -o gen/more.ts more.x\n";
      assert.equal(await notes("-h", "-o", "gen/x.ts", "main.x"), inFile);
      assert.equal(
        await notes("-l", "prot.x"),
        onStdout.replace("main.x", "prot.x").replace(/\n {2}\S+ -h -o more.*/, ""),
      );
    });

    it("are not once they are made so", async () => {
      folder.write("main.x", MAIN);
      assert.equal(await notes("-h", "-o", "gen/sub/types.ts", "sub/types.x"), "");
      assert.match(await notes("-h", "-o", "gen/x.ts", "main.x"), /make it:\n.* gen\/more\.ts more\.x\n$/);
      assert.equal(await notes("-h", "-o", "gen/more.ts", "more.x"), "");
      assert.equal(await notes("-h", "-o", "gen/x.ts", "main.x"), "");
      assert.match(folder.read("gen/x.ts"), /from "\.\/more\.js"[^]*from "\.\/sub\/types\.js"/);
      await notes("main.x");
      assert.equal(await notes("-h", "main.x"), "");
    });

    it("are none where nothing of the included file is used, nor where the run writes them", async () => {
      folder.write("main.x", '#include "sub/types.x"\nstruct s { int i<SIZE>; };\n');
      assert.equal(await notes("-h", "main.x"), "");
      folder.write("main.x", MAIN);
      assert.equal(await notes("main.x"), "");
    });

    it("are in the commands as a shell takes them", async () => {
      folder.write("it's here.x", "typedef int here;\n");
      folder.write("main.x", '#include "it\'s here.x"\nstruct s { here i; };\n');
      assert.match(await notes("-h", "main.x"), / -o 'it'\\''s here\.ts' 'it'\\''s here\.x'\n$/);
    });

    it("are those that the text imports", async () => {
      const text = `#include "sub/types.x"\n#include "more.x"\n${program(3, "inner F(more, int) = 1;")}`;
      const sources = [{ path: folder.at("main.x"), text }];
      const { files } = await generate({ sources, samples: true, table: true, makefile: true });
      for (const file of files.filter(({ source }) => source === folder.at("main.x"))) {
        const specifiers = [...file.text.matchAll(/from "(\.\/[^"]*)\.js"/g)].map((match) => match[1]);
        const imported = file.imports.map(({ path }) => `./${relative(dirname(file.path), path).replace(/\.ts$/, "")}`);
        const others = specifiers.filter((it) => !/^\.\/main(_clnt|_svc)?$/.test(it ?? ""));
        assert.deepEqual(new Set(imported), new Set(others), file.path);
      }
    });
  });

  describe("programs", () => {
    it("of an included file get clients and servers where it is an input: a file that only includes says so", async () => {
      folder.write("main.x", '#include "prot.x"\n');
      assert.equal(
        await notes("main.x"),
        "tsrpcgen: main.x defines nothing itself: the programs of prot.x get clients and servers where it is an input, too: " +
          "tsrpcgen main.x prot.x\n",
      );
      assert.equal(await notes("main.x", "prot.x"), "");
      assert.match(folder.read("prot_clnt.ts"), /class P1V1Client/);
    });

    it("are told of for each input that includes some", async () => {
      folder.write("main.x", '#include "prot.x"\n#include "other.x"\nconst A = 1;\n');
      folder.write("second.x", '#include "other.x"\nconst B = 1;\n');
      assert.equal(
        await notes("main.x", "second.x"),
        "tsrpcgen: the programs of prot.x and other.x, which main.x includes, get clients and servers where they are inputs, too: " +
          "tsrpcgen main.x prot.x other.x\n" +
          "tsrpcgen: the programs of other.x, which second.x includes, get clients and servers where it is an input, too: " +
          "tsrpcgen second.x other.x\n",
      );
      assert.equal(await notes("main.x", "second.x", "other.x", "prot.x"), "");
    });

    it("a single output has a run for each; one of types alone is told only where it has none", async () => {
      folder.write("main.x", '#include "other.x"\nconst A = 1;\n');
      const note = "the programs of other.x, which main.x includes, are generated by runs of their own";
      assert.equal(await notes("-l", "main.x"), `tsrpcgen: ${note}: tsrpcgen -l other.x\n`);
      assert.equal(await notes("-h", "main.x"), "");
      folder.write("main.x", '#include "other.x"\n');
      assert.equal(
        await notes("-h", "main.x"),
        "tsrpcgen: main.x defines nothing itself: the programs of other.x are generated by runs of their own: " +
          "tsrpcgen -h other.x\n",
      );
    });

    it("an included file without one is not told of", async () => {
      folder.write("main.x", '#include "more.x"\n');
      assert.equal(await notes("main.x"), "");
    });
  });
});
