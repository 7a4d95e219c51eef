import assert from "node:assert/strict";
import { compareModels } from "../../../src/codegen/breaking/compare-models.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { lint } from "../../../src/codegen/lint/lint.ts";
import { briefDefinition, briefly, codesOf, modelOf, onlyDiagnostic } from "./support.ts";

const TWO = "namespace n { enum one { A = 1, SAME = 7 }; enum two { B, A = 5, SAME = 7 }; ";

/** What a use of one of the two enums' names gives. */
function last(text: string): string | undefined {
  return briefly(`${TWO}${text} }`).at(-1);
}

describe("enumerators that enums share", () => {
  const uses: readonly (readonly [use: string, definition: string])[] = [
    ["typedef opaque t<SAME>;", "typedef t = opaque<7>"],
    ["const C = SAME;", "const C = 7"],
    ["const C = one::A;", "const C = 1"],
    ["const C = ::n::two::A;", "const C = 5"],
    ["enum e { X = SAME };", "enum e { X = 7 }"],
    ["enum e { A = 9, X = A };", "enum e { A = 9, X = 9 }"],
    ["enum e { SAME = SAME, X };", "enum e { SAME = 7, X = 8 }"],
    ["enum e { X = SAME, SAME = 8 };", "enum e { X = 7, SAME = 8 }"],
    ["typedef enum { A = 3 } e; const C = e::A;", "const C = 3"],
  ];
  for (const [use, expected] of uses) {
    it(use, () => {
      assert.equal(last(use), expected);
    });
  }

  it("mean the discriminant's own in a union's labels", () => {
    const unions =
      "union u switch (one d) { case A: int x; default: void; }; union v switch (two d) { case A: int y; };";
    const { definitions } = modelOf(
      `${TWO}typedef two alias; ${unions} union w switch (alias d) { case two::A: int z; }; }`,
    );
    const labels = definitions.flatMap((it) =>
      it.kind === "union" ? it.arms.flatMap((arm) => arm.labels.map(({ value, member }) => [value, member?.name])) : [],
    );
    assert.deepEqual(labels, [[1, "A"], [5, "A"], [5, "A"]]); // prettier-ignore
  });

  const mistakes: readonly (readonly [use: string, code: string, underlined: string])[] = [
    ["typedef opaque t<A>;", "ambiguous-constant", "A"],
    ["const C = n::A;", "ambiguous-constant", "n::A"],
    ["enum e { X = A, A };", "ambiguous-constant", "A"],
    ["union u switch (int d) { case A: void; };", "ambiguous-constant", "A"],
    ["program P { version V { void F(void) = A; } = 1; } = 1;", "ambiguous-constant", "A"],
    ["union u switch (two d) { case one::A: void; };", "case-not-in-enum", "one::A"],
    ["const A = 1;", "duplicate-definition", "A"],
    ["struct A { int x; };", "duplicate-definition", "A"],
    ["program A { version V { void F(void) = 0; } = 1; } = 1;", "duplicate-definition", "A"],
    ["enum two { B, A = 5, SAME = 7 };", "duplicate-definition", "two"],
  ];
  for (const [use, code, underlined] of mistakes) {
    it(`${use} is a mistake`, () => {
      const text = `${TWO}${use} }`;
      const diagnostic = onlyDiagnostic(text);
      assert.equal(diagnostic.code, code);
      const { start, end } = diagnostic.span;
      assert.equal(text.slice(start, end), underlined);
      assert.ok(start >= TWO.length);
    });
  }

  it("are warned of where two enums have them outside a namespace", () => {
    assert.deepEqual(codesOf("enum a { X, Y, Z }; enum b { X, Y, Q };"), ["shared-enumerator"]);
    assert.deepEqual(codesOf("enum a { X }; namespace n { enum b { X }; }"), []);
    assert.deepEqual(codesOf("namespace n { enum b { X }; } enum a { X };"), []);
    assert.deepEqual(codesOf("namespace n { enum b { X }; } enum a { X }; enum c { X };"), ["shared-enumerator"]);
  });

  it("are no change and no doubt", () => {
    const text = `${TWO}union u switch (one d) { case A: void; }; program P { version V { u F(two) = 1; } = 1; } = 0x20000001; }`;
    const { model, specification } = analyze("test.x", text);
    assert.ok(model);
    assert.deepEqual(lint(specification, model), []);
    assert.deepEqual(compareModels(model, modelOf(text)), []);
    const moved = text.replace("A = 5", "A = 6");
    assert.notDeepEqual(compareModels(model, modelOf(moved)), []);
    assert.ok(model.definitions.map(briefDefinition).includes("enum two { B = 0, A = 5, SAME = 7 }"));
  });

  it("take time by their number, and not by its square, however many enums have a name and use it", () => {
    const spentOn = (count: number): number => {
      const enums = Array.from({ length: count }, (_, at) => `enum e${at}{A=${at},B=A,C=D};`).join("");
      const before = process.cpuUsage();
      const { diagnostics } = analyze("test.x", `const D=A;namespace n{${enums}}`);
      const { user, system } = process.cpuUsage(before);
      assert.equal(diagnostics[0]?.code, "ambiguous-constant");
      return user + system;
    };
    spentOn(1000); // compiled
    const few = Math.min(spentOn(4000), spentOn(4000));
    assert(spentOn(16_000) < 10 * few, "16 times as long where each looks at all others, 4 times where none does");
  });
});

describe("names joined by '::'", () => {
  it("mean what the last one means", () => {
    assert.deepEqual(
      briefly(`
        namespace a { enum color { RED, GREEN }; const MAX = 4; struct t { int x; }; }
        namespace b::c {
          struct s { a::color c; ::a::t d<a::MAX>; struct a::t *e; };
          union u switch (::a::color k) { case a::RED: a::t x; case ::a::GREEN: void; };
          program P { version V { b::c::s F(a::t, string, ::a::color *k) = ::a::MAX; } = a::MAX; } = 9;
        }`).slice(-3),
      [
        "struct s { c: color; d: t<4>; e: *t }",
        "union u (k: color) { RED → x: t; GREEN → void }",
        "program P = 9 { V = 4 { F = 4 (t, string<>, *color) → s } }",
      ],
    );
  });

  it("are told of by what is wrong with the last one", () => {
    assert.deepEqual(codesOf("struct s { a::colr c; int x<a::LIMIT>; };"), ["unknown-type", "unknown-constant"]);
    assert.deepEqual(codesOf("struct s { a:: c; };"), ["syntax"]);
  });
});
