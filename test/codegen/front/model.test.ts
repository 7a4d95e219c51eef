import assert from "node:assert/strict";
import { fixedSize, minimumSize, resolveAlias } from "../../../src/codegen/model-facts.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { brief, briefDefinition, briefly, codesOf, definition, modelOf } from "./support.ts";

describe("model", () => {
  it("takes C++'s true and false, which a file's own constants hide", () => {
    const text = "union u switch (bool b) { case true: int x; case false: void; };";
    assert.deepEqual(codesOf(text), []);
    assert.deepEqual(codesOf(`const true = 2; ${text}`), ["case-range"]);
  });

  describe("types (RFC 4506 section 4)", () => {
    const declarations: readonly (readonly [string, string])[] = [
      ["int x", "int32"],
      ["unsigned int x", "uint32"],
      ["unsigned x", "uint32"],
      ["hyper x", "int64"],
      ["unsigned hyper x", "uint64"],
      ["float x", "float"],
      ["double x", "double"],
      ["quadruple x", "quadruple"],
      ["bool x", "bool"],
      ["long x", "int32"],
      ["long int x", "int32"],
      ["unsigned long x", "uint32"],
      ["unsigned long int x", "uint32"],
      ["short x", "int16"],
      ["short int x", "int16"],
      ["unsigned short x", "uint16"],
      ["char x", "int8"],
      ["unsigned char x", "uint8"],
      ["char x[32]", "int8[32]"],
      ["opaque x[5]", "opaque[5]"],
      ["opaque x<5>", "opaque<5>"],
      ["opaque x<>", "opaque<>"],
      ["string x<5>", "string<5>"],
      ["string x<>", "string<>"],
      ["string x<0x10>", "string<16>"],
      ["string x<010>", "string<8>"],
      ["string x<0>", "string<0>"],
      ["string x<4294967295>", "string<4294967295>"],
      ["string x<LIMIT>", "string<7>"],
      ["string x<ENUMERATOR>", "string<3>"],
      ["string x<TRUE>", "string<1>"],
      ["int x[3]", "int32[3]"],
      ["int x<3>", "int32<3>"],
      ["hyper x<>", "int64<>"],
      ["int *x", "*int32"],
      ["other x", "other"],
      ["struct other x", "other"],
      ["enum colour x", "colour"],
      ["union choice x", "choice"],
      ["other *x", "*other"],
      ["other x<2>", "other<2>"],
      ["struct other x[2]", "other[2]"],
      ["int program", "int32"],
      ["version x", "version"],
    ];
    for (const [declaration, expected] of declarations) {
      it(declaration, () => {
        const model = modelOf(`
          struct s { ${declaration}; };
          typedef ${declaration.replace(/\bx\b|\bprogram\b/, "t")};
          struct other { int y; };
          enum colour { ENUMERATOR = 3 };
          union choice switch (bool b) { case TRUE: int n; };
          typedef int version;
          const LIMIT = 7;`);
        assert.deepEqual(
          definition(model, "struct", "s").fields.map(({ type }) => brief(type)),
          [expected],
        );
        assert.equal(brief(definition(model, "typedef", "t").type), expected);
      });
    }
  });

  it("gives constants and enumerators their values, whatever their order", () => {
    assert.deepEqual(
      briefly(`
        const A = B; const B = -0x10; const C = E2; const D = 017; const BIG = 0XFFFFFFFFFFFFFFFF;
        enum e { E0, E1, E2 = 9, E3, E4 = A, E5, E6 = E0, E7 = TRUE };`),
      [
        "const A = -16",
        "const B = -16",
        "const C = 9",
        "const D = 15",
        "const BIG = 18446744073709551615",
        "enum e { E0 = 0, E1 = 1, E2 = 9, E3 = 10, E4 = -16, E5 = -15, E6 = 0, E7 = 1 }",
      ],
    );
  });

  it("lets a file define TRUE and FALSE for itself", () => {
    assert.deepEqual(
      codesOf("const TRUE = 1; enum b { FALSE = 0 }; union u switch (bool x) { case TRUE: void; case FALSE: void; };"),
      [],
    );
  });

  describe("unions", () => {
    it("bind labels to members, by name or value", () => {
      const model = modelOf(`
        enum e { A, B, C = 7 };
        typedef e alias;
        union u switch (alias kind) { case A: case 1: int x; case C: void; };`);
      const union = definition(model, "union", "u");
      assert.equal(brief(union.discriminant.type), "alias");
      assert.equal(union.discriminant.base, definition(model, "enum", "e"));
      assert.deepEqual(
        union.arms.map(({ labels }) => labels.map(({ text, value, member }) => [text, value, member?.name])),
        [
          [
            ["A", 0, "A"],
            ["1", 1, "B"],
          ],
          [["C", 7, "C"]],
        ],
      );
      assert.equal(union.defaultArm, undefined);
    });

    it("switch on int, unsigned int, bool and C's spellings", () => {
      const bases = ["int", "long", "unsigned", "unsigned long", "bool"].map((type) => {
        const model = modelOf(`union u switch (${type} x) { case 1: void; default: int other; };`);
        return definition(model, "union", "u").discriminant.base;
      });
      assert.deepEqual(bases, ["int32", "int32", "uint32", "uint32", "bool"]);
    });

    it("keep a default that something reaches, and lose one that nothing does", () => {
      const reached = modelOf("enum e { A, B }; union u switch (e x) { case A: void; default: int y; };");
      assert.equal(definition(reached, "union", "u").defaultArm?.field?.name, "y");
      const { model, diagnostics } = analyze(
        "test.x",
        "enum e { A, B, C = 1 }; union u switch (e x) { case A: case C: void; default: void; };",
      );
      assert.deepEqual(
        diagnostics.map(({ code }) => code),
        ["unreachable-default"],
      );
      assert.ok(model);
      assert.equal(definition(model, "union", "u").defaultArm, undefined);
    });

    it("may share a name between arms, and with the discriminant", () => {
      assert.deepEqual(codesOf("union u switch (int x) { case 0: int x; case 1: int a; case 2: hyper a; };"), []);
    });
  });

  describe("nested types", () => {
    it("get the path's name, and stand before their holder", () => {
      assert.deepEqual(
        briefly(`struct a {
          struct { enum { X, Y } kind; } b<>;
          union switch (int v) { case 0: struct { int z; } deep; default: void; } *c;
        };`),
        [
          "enum a_b_kind { X = 0, Y = 1 }",
          "struct a_b { kind: a_b_kind }",
          "struct a_c_deep { z: int32 }",
          "union a_c (v: int32) { 0 → deep: a_c_deep; default → void }",
          "struct a { b: a_b<>; c: *a_c }",
        ],
      );
    });

    it("are named by the typedef that they stand in", () => {
      assert.deepEqual(
        briefly(`
          typedef struct { int x; } point;
          typedef enum { A } letters<3>;
          typedef union switch (bool b) { case TRUE: point p; } *maybe;`),
        [
          "struct point { x: int32 }",
          "enum letters_element { A = 0 }",
          "typedef letters = letters_element<3>",
          "union maybe_element (b: bool) { TRUE → p: point }",
          "typedef maybe = *maybe_element",
        ],
      );
    });

    it("take the next free name, with a warning", () => {
      const { model, diagnostics } = analyze(
        "test.x",
        "const a_b_2 = 1; struct a_b { int x; }; struct a { struct { int y; } b; }; union u switch (int v) { case 0: struct { int p; } q; case 1: struct { int r; } q; };",
      );
      assert.deepEqual(
        diagnostics.map(({ code }) => code),
        ["path-name-taken", "path-name-taken"],
      );
      assert.deepEqual(
        model?.definitions.map(({ name }) => name),
        ["a_b_2", "a_b", "a_b_3", "a", "u_q", "u_q_2", "u"],
      );
    });

    it("have the declaration that they stand in as their source", () => {
      const model = modelOf("struct a {\n    struct {\n        int x;\n    } b;\n};");
      assert.equal(definition(model, "struct", "a_b").source, "struct {\n    int x;\n} b");
    });
  });

  describe("recursion", () => {
    const facts = (text: string): string[] =>
      modelOf(text).definitions.map((each) => {
        if (each.kind === "struct")
          return `${each.name}: list ${each.listField?.name ?? "-"}, recursive ${each.recursive}`;
        return each.kind === "union" || each.kind === "typedef"
          ? `${each.name}: recursive ${each.recursive}`
          : each.name;
      });

    it("sees lists, also through typedefs", () => {
      assert.deepEqual(facts("struct node { int x; node *next; };"), ["node: list next, recursive false"]);
      assert.deepEqual(facts("typedef struct node *nodeptr; struct node { int x; nodeptr next; };"), [
        "nodeptr: recursive false",
        "node: list next, recursive false",
      ]);
      assert.deepEqual(facts("typedef node alias; struct node { alias *next; };"), [
        "alias: recursive false",
        "node: list next, recursive false",
      ]);
    });

    it("tells other recursion from lists", () => {
      assert.deepEqual(facts("struct tree { tree *left; tree *right; };"), ["tree: list right, recursive true"]);
      assert.deepEqual(facts("struct tree { tree children<>; };"), ["tree: list -, recursive true"]);
      assert.deepEqual(facts("struct node { node *next; int last; };"), ["node: list -, recursive true"]);
      assert.deepEqual(facts("struct a { b *x; }; struct b { a *y; };"), [
        "a: list -, recursive true",
        "b: list -, recursive true",
      ]);
      assert.deepEqual(
        facts("union value switch (int t) { case 0: values list; default: void; }; typedef value values<>;"),
        ["value: recursive true", "values: recursive true"],
      );
      assert.deepEqual(facts("struct head { node *first; }; struct node { node *next; };"), [
        "head: list -, recursive false",
        "node: list next, recursive false",
      ]);
    });

    it("takes a typedef of a struct's own name for nothing", () => {
      assert.deepEqual(briefly("typedef struct a a; struct a { a *next; }; typedef enum e e; enum e { X };"), [
        "struct a { next: *a }",
        "enum e { X = 0 }",
      ]);
      assert.deepEqual(codesOf("typedef struct nowhere nowhere;"), ["unknown-type"]);
    });
  });

  describe("programs", () => {
    it("take void, several arguments, and strings with a bound or without", () => {
      assert.deepEqual(
        briefly(`
          const NUMBER = 3;
          program P {
            version V1 { void NULL(void) = 0; int ADD(int, unsigned hyper) = 1; string<10> S(string<NUMBER>, string) = 2; } = 1;
            version version { struct { int x; } F(enum { A }) = NUMBER; } = NUMBER;
          } = 0x20000000;`),
        [
          "const NUMBER = 3",
          "struct F_result { x: int32 }",
          "enum F_arg1 { A = 0 }",
          "program P = 536870912 { V1 = 1 { NULL = 0 () → void; ADD = 1 (int32, uint64) → int32; S = 2 (string<3>, string<>) → string<10> }; version = 3 { F = 3 (F_arg1) → F_result } }",
        ],
      );
    });

    it("date.x", () => {
      const text = `program DATE_PROG {\n    version DATE_VERS {\n        long BIN_DATE(void) = 1;\n        string STR_DATE(long) = 2;\n    } = 1;\n} = 0x31237;\n`;
      const model = modelOf(text);
      assert.deepEqual(model.definitions.map(briefDefinition), [
        "program DATE_PROG = 201271 { DATE_VERS = 1 { BIN_DATE = 1 () → int32; STR_DATE = 2 (int32) → string<> } }",
      ]);
      const [program] = model.definitions;
      assert.ok(program);
      assert.equal(program.source, text.trim());
      assert.deepEqual(program.span, { file: "test.x", start: 0, end: text.trimEnd().length });
      assert.equal(
        definition(model, "program", "DATE_PROG").versions[0]?.procedures[0]?.source,
        "long BIN_DATE(void) = 1;",
      );
    });
  });

  it("leaves out % lines, wherever they stand", () => {
    assert.deepEqual(briefly("%#include <x.h>\nstruct s {\n%  text { that ; is not ours\n  int a;\n};\n%last"), [
      "struct s { a: int32 }",
    ]);
  });

  it("measures sizes on the wire", () => {
    const model = modelOf(`
      enum e { A };
      typedef hyper big;
      struct fixed { char a; e b; big c[2]; opaque d[5]; quadruple f; double g; };
      struct loose { fixed a; string b<>; fixed c<4>; u d; };
      union u switch (int v) { case 0: fixed f; case 1: hyper h; };
      union optional switch (int v) { case 0: fixed f; default: void; };
      struct empty { int none[0]; };
      struct huge { opaque a[4294967295]; };
      typedef huge huger[4294967295];`);
    const size = (name: string): [number | undefined, number] => {
      const to = model.definitions.find((each) => each.name === name);
      assert.ok(to && to.kind !== "const" && to.kind !== "program");
      return [fixedSize({ kind: "ref", to }), minimumSize({ kind: "ref", to })];
    };
    assert.deepEqual(size("e"), [4, 4]);
    assert.deepEqual(size("fixed"), [56, 56]);
    assert.deepEqual(size("loose"), [undefined, 56 + 4 + 4 + 12]);
    assert.deepEqual(size("u"), [undefined, 12]);
    assert.deepEqual(size("optional"), [undefined, 4]);
    assert.deepEqual(size("empty"), [0, 0]);
    assert.deepEqual(size("huger"), [undefined, Number.MAX_SAFE_INTEGER]);
    assert.equal(brief(resolveAlias({ kind: "ref", to: definition(model, "typedef", "big") })), "int64");
  });
});
