import assert from "node:assert/strict";
import { breaking } from "../../../src/codegen/breaking/breaking.ts";
import { briefly, changesOf, program } from "./support.ts";

describe("breaking changes of types that no procedure reaches", () => {
  const cases: readonly (readonly [what: string, old: string, fresh: string, ...changes: string[]])[] = [
    ["the same", "struct s { int x; };", "struct s { int y; };"],
    ["narrowed", "struct s { int x<9>; };", "struct s { int x<8>; };", "bound-narrowed s.x nr"],
    ["widened", "struct s { int x<8>; };", "struct s { int x<9>; };", "bound-widened s.x or"],
    ["other bytes", "struct s { int x; };", "struct s { hyper x; };", "type-changed s.x nr+or"],
    ["new", "struct s { int x; };", "struct s { int x; }; struct t { int x; };"],
    ["gone", "struct s { int x; }; struct t { int x; };", "struct s { int x; };", "type-removed t nr"],
    ["renamed", "struct s { int x; };", "struct t { int x; };"],
    ["renamed and changed", "struct s { int x; };", "struct t { int x; int y; };", "type-removed s nr"],
    ["a type within is renamed", "struct a { int x; }; struct s { a f; };", "struct b { int x; }; struct s { b f; };"],
    [
      "a type within is renamed and changed",
      "struct a { int x; }; struct s { a f; };",
      "struct b { short x; }; struct s { b f; };",
      "range-narrowed b.x nr",
    ],
    ["constants", "const A = 1; struct s { int x; };", "const B = 2; struct s { int x; };"],
    ["another kind, the same bytes", "struct s { int x; int y; };", "typedef int s[2];"],
    ["another kind", "struct s { int x; int y; };", "typedef int s<2>;", "type-changed s nr+or"],
    ["an enum of constants is gone", "enum e { A = 1 }; struct s { int x; };", "struct s { int x; };"],
  ];
  for (const [what, old, fresh, ...expected] of cases) {
    it(`${what}: ${expected.join(", ") || "none"}`, () => {
      assert.deepEqual(briefly(old, fresh), expected);
    });
  }

  it("keeps apart what a procedure reaches, and what none does", () => {
    const text = (bound: number): string =>
      program(`struct t { int x<${bound}>; }; struct alone { int y<${bound}>; };`, "t", "void");
    assert.deepEqual(briefly(text(9), text(8)), ["bound-narrowed t.x oc", "bound-narrowed alone.y nr"]);
  });
});

describe("breaking changes, recursion and size", function () {
  this.timeout(20_000);

  it("a list", () => {
    const list = (value: string): string => `struct node { ${value} value; node *next; };`;
    assert.deepEqual(briefly(list("int"), list("int")), []);
    assert.deepEqual(briefly(list("int"), list("short")), ["range-narrowed node.value nr"]);
  });

  it("types that hold each other", () => {
    const text = (last: string): string =>
      `struct a { b *x; }; struct b { c *x; a *y; }; union c switch (int d) { case 1: a *x; default: ${last}; };`;
    assert.deepEqual(briefly(text("int z"), text("int z")), []);
    assert.deepEqual(briefly(text("int z"), text("hyper z")), ["type-changed c.z nr+or"]);
  });

  it("a list is the same as one that is unrolled", () => {
    const old = program("struct a { int v; a *next; };", "a", "void");
    const fresh = program("struct a { int v; b *next; }; struct b { int v; a *next; };", "a", "void");
    assert.deepEqual(briefly(old, fresh), []);
    assert.deepEqual(briefly(old, fresh.replace("b { int", "b { short")), ["range-narrowed b.v oc"]);
  });

  it("rings of different lengths are compared in as many steps as there are types", () => {
    const ring = (length: number): string => {
      const types = Array.from({ length }, (_, at) => `struct t${at} { int v; t${(at + 1) % length} *next; };`);
      return program(types.join("\n"), "t0", "void");
    };
    assert.deepEqual(briefly(ring(997), ring(1009)), []);
  });

  it("chains of typedefs and of pointers, as long as one likes", () => {
    const chain = (value: string): string => {
      const types = [`struct t0 { ${value} v; };`];
      for (let at = 1; at < 20_000; at++) types.push(`struct t${at} { t${at - 1} *f; };`);
      return program(types.join("\n"), "t19999", "void");
    };
    assert.deepEqual(briefly(chain("int"), chain("hyper")), ["type-changed t0.v oc+nc"]);
  });

  it("structs that hold the one before twice", () => {
    const tower = (value: string): string => {
      const types = [`struct t0 { ${value} v; };`];
      for (let at = 1; at < 60; at++) types.push(`struct t${at} { t${at - 1} a; t${at - 1} b; };`);
      return program(types.join("\n"), "t59", "void");
    };
    assert.deepEqual(briefly(tower("int"), tower("hyper")), ["type-changed t0.v oc+nc"]);
    const [first] = changesOf(tower("int"), tower("int").replace("t59 { t58 a;", "t59 { int more; t58 a;"));
    assert.equal(first?.code, "field-added");
  });

  it("a struct of many fields, in the opposite order", () => {
    const fields = Array.from({ length: 20_000 }, (_, at) => `int f${at};`);
    const text = (list: readonly string[]): string => program(`struct s { ${list.join(" ")} };`, "s", "void");
    const [change, ...others] = changesOf(text(fields), text(fields.toReversed()));
    assert.equal(change?.code, "fields-reordered");
    assert.match(change.message, /^s: the order of its fields has changed: 'f\d+', .*, … moved; breaks /);
    assert.deepEqual(others, []);
  });

  it("an enum of many values, used in many places", () => {
    const text = (last: string): string => {
      const members = Array.from({ length: 5000 }, (_, at) => `M${at} = ${at},`);
      const fields = Array.from({ length: 5000 }, (_, at) => `e f${at};`);
      return program(`enum e { ${members.join("")} ${last} = 9999 }; struct s { ${fields.join("")} };`, "s", "void");
    };
    assert.deepEqual(briefly(text("X"), text("Y")), []);
  });

  it("many types that are gone and new", () => {
    const text = (name: string, field: string): string =>
      Array.from({ length: 300 }, (_, at) => `struct ${name}${at} { ${field} v; };`).join("\n");
    assert.equal(changesOf(text("old", "int"), text("new", "hyper")).length, 300);
  });

  it("gives the diagnostics, and no changes, where a file has mistakes", () => {
    const { changes, diagnostics } = breaking(
      { path: "old.x", text: "struct s { int x; };" },
      { path: "new.x", text: "struct s { missing x; };" },
    );
    assert.deepEqual(changes, []);
    assert.deepEqual(
      diagnostics.map(({ code, span }) => [code, span.file]),
      [["unknown-type", "new.x"]],
    );
  });

  it("takes external types of one name as the same", () => {
    const externals = {
      types: new Map([
        ["uuid", { module: "./uuid.js", type: "Uuid", codec: "UuidCodec", minimumBytes: 16 }],
        ["other", { module: "./uuid.js", type: "Other", codec: "OtherCodec", minimumBytes: 16 }],
      ]),
      constants: new Map(),
    };
    const compare = (old: string, fresh: string): string[] =>
      breaking(
        { path: "old.x", text: `struct s { ${old} x; };` },
        { path: "new.x", text: `struct s { ${fresh} x; };` },
        { externals },
      ).changes.map(({ code }) => code);
    assert.deepEqual(compare("uuid", "uuid"), []);
    assert.deepEqual(compare("uuid", "other"), ["type-changed"]);
  });
});
