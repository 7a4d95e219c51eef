/** What `%` lines say to C about types that the file uses. */
import assert from "node:assert/strict";
import { analyze } from "../../../src/codegen/front-end.ts";
import { generate } from "../../../src/codegen/generate.ts";
import { briefDefinition, briefly } from "./support.ts";

describe("%#define of a type", () => {
  const spellings: readonly (readonly [c: string, type: string])[] = [
    ["uint64_t", "uint64"],
    ["int", "int32"],
    ["unsigned", "uint32"],
    ["signed", "int32"],
    ["const unsigned int", "uint32"],
    ["unsigned long long", "uint64"],
    ["long long unsigned int", "uint64"],
    ["signed long long", "int64"],
    ["long int", "int32"],
    ["short int", "int16"],
    ["unsigned char", "uint8"],
    ["bool_t", "bool"],
    ["double", "double"],
    ["netobj", "opaque<1024>"],
  ];
  for (const [c, type] of spellings) {
    it(`takes '${c}'`, () => {
      const [alias] = briefly(`%#define t ${c}\nstruct s { t x; };`);
      assert.equal(alias, `typedef t = ${type}`);
    });
  }

  it("takes types of the file, structures of <rpc/rpc.h>, and other such names", () => {
    assert.deepEqual(
      briefly("struct s { b x<2>; };\n%#define b a\n%#define a struct t /* late */\nstruct t { int i; };"),
      ["struct s { x: b<2> }", "typedef b = t", "struct t { i: int32 }"],
    );
    assert.deepEqual(briefly("%#define cred opaque_auth\nstruct s { cred c; };").slice(1), [
      "typedef cred = opaque_auth",
      "struct s { c: cred }",
    ]);
  });

  it("stands before the definition in which its line stands", () => {
    assert.deepEqual(briefly("const A = 1;\nstruct s {\n%#define t int\n  t x;\n};"), [
      "const A = 1",
      "typedef t = int32",
      "struct s { x: t }",
    ]);
  });

  it("makes discriminants", () => {
    assert.deepEqual(briefly("%#define t unsigned int\nunion u switch (t x) { case 1: void; };").slice(1), [
      "union u (x: t) { 1 → void }",
    ]);
  });

  it("makes nothing where the name is not used as a type, or is defined", () => {
    assert.deepEqual(briefly("%#define t int\n%#define N int\ntypedef hyper t;\nstruct s { t N; };"), [
      "typedef t = int64",
      "struct s { N: t }",
    ]);
  });

  it("lies in the module of its file", async () => {
    const text = '#include "types.x"\nstruct s { t x; };';
    const types = "%#define t uint64_t\nstruct u { t x; };";
    const { files, diagnostics } = await generate({
      sources: [{ path: "main.x", text }],
      readFile: (path) => (path === "types.x" ? Buffer.from(types) : undefined),
    });
    assert.deepEqual(diagnostics, []);
    const module = (path: string): string => files.find((file) => file.path === path)?.text ?? "";
    assert.match(module("types.ts"), /export type T = bigint;/);
    assert.match(module("main.ts"), /import .*T.* from "\.\/types\.js"/);
  });

  const senseless = [
    "nowhere",
    "t",
    "u",
    "char *",
    "struct nowhere",
    "unsigned nowhere",
    "string",
    "opaque",
    "void",
    "5",
    "int x;",
  ];
  for (const c of senseless) {
    it(`is shown where '${c}' makes no type`, () => {
      const text = `%#define t ${c}\n%#define u t\nstruct s { t x; };`;
      const { diagnostics } = analyze("a.x", text);
      assert.deepEqual(
        diagnostics.map(({ code, notes }) => [code, notes?.map(({ span }) => span.start)]),
        [["unknown-type", [0]]],
      );
    });
  }

  it("takes bounded time for many names", function () {
    this.timeout(20_000);
    const names = Array.from({ length: 2000 }, (_, at) => `n${at}`);
    const lines = names.map((name, at) => `%#define ${name} n${at + 1}\n`).join("");
    const { diagnostics } = analyze("a.x", `${lines}struct s { n0 x; };\n`);
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ["unknown-type"],
    );
  });
});

describe("types that % lines declare", () => {
  const declarations = [
    "%struct t {",
    "%class t",
    "%typedef struct t t;",
    "%typedef other *t;",
    "%typedef int t[2];",
    "%typedef void (*t)(int);",
    "%} t;",
    "%using t = int;",
    "%# define t(x) x",
  ];
  for (const line of declarations) {
    it(`are shown at '${line}'`, () => {
      const { diagnostics } = analyze("a.x", `%int t_of_no_use;\n${line}\nstruct s { t x; };`);
      assert.deepEqual(
        diagnostics.map(({ code, notes }) => [code, notes?.map(({ message, span }) => [message, span.start])]),
        [["unknown-type", [["it is declared here for C, which is left out", 18]]]],
      );
    });
  }

  it("are not shown at lines that only use them", () => {
    const { diagnostics } = analyze("a.x", "%extern t *f(t x);\n%typedef t u;\n%ts type t = 1;\nstruct s { t x; };");
    assert.deepEqual(
      diagnostics.map(({ notes }) => notes),
      [undefined],
    );
  });

  it("are found under a condition for another output", () => {
    const { diagnostics } = analyze("a.x", "#ifdef RPC_HDR\n%struct t;\n#endif\nstruct s { t x; };");
    assert.deepEqual(
      diagnostics.map(({ notes }) => notes?.length),
      [1],
    );
  });

  it("are nothing where they are defined", () => {
    const { model, diagnostics } = analyze("a.x", "%struct t;\nstruct t { int i; };");
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(model?.definitions.map(briefDefinition), ["struct t { i: int32 }"]);
  });
});
