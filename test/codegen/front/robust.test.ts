/** Whatever the text, reading it ends soon, in a model or in diagnostics. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { analyze } from "../../../src/codegen/front-end.ts";
import { MAX_ERRORS, MAX_NESTING } from "../../../src/codegen/limits.ts";
import { renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";

const source = `
/* Everything that the language has. */
const LIMIT = 0x10; const OTHER = LIMIT;
enum color { RED, GREEN = 5, BLUE = -1, GREY = 9 };
typedef opaque handle<LIMIT>;
struct node { hyper id; opaque key[8]; string name<>; unsigned int list<4>; node *next; };
union shape switch (color c) { case RED: case GREEN: node n; case BLUE: struct { int x; } inner; default: void; };
%passthrough
typedef struct { bool b; double d; quadruple q; } plain;
program PROG { version VERS { void NULL(void) = 0; string S(string<10>, shape) = 1; } = 1; } = 0x20000001; // end
`;
const pieces = source.match(/[A-Za-z_0-9]+|\s+|[^\sA-Za-z_0-9]/g) ?? [];

/** Analyzes and renders; every span must lie in the text. */
function check(text: string): ReturnType<typeof analyze> {
  const analysis = analyze("fuzz.x", text);
  const { model, diagnostics } = analysis;
  assert.equal(
    model === undefined,
    diagnostics.some(({ severity }) => severity === "error"),
  );
  for (const { span, notes = [] } of diagnostics) {
    for (const { start, end } of [span, ...notes.map((note) => note.span)]) {
      assert.ok(start >= 0 && end >= start && end <= text.length, `${start} to ${end} of ${text.length}`);
    }
  }
  renderDiagnostics(diagnostics, analysis.texts);
  return analysis;
}

describe("the front end holds", function () {
  // A second is the rule; other work on the machine is no failure.
  this.timeout(60_000);

  it("for the source that the mutations start from", () => {
    assert.deepEqual(check(source).diagnostics, []);
  });

  it("for mutated sources", () => {
    const mutation = fc.record({
      at: fc.nat(pieces.length - 1),
      remove: fc.nat(3),
      insert: fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const mutated = [...pieces];
        for (const { at, remove, insert } of mutations) mutated.splice(at, remove, ...insert);
        check(mutated.join(""));
      }),
      { numRuns: 1500 },
    );
  });

  it("for words of the language in any order, and for any text", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (words) => void check(words.join(" "))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => void check(text)),
      { numRuns: 500 },
    );
  });

  it("for sources cut anywhere", () => {
    for (let end = 0; end < source.length; end += 1) check(source.slice(0, end));
  });

  it("with one message for one mistake, mostly", () => {
    let [one, all] = [0, 0];
    for (const [at, piece] of pieces.entries()) {
      if (!/\S/.test(piece)) continue;
      for (const wrong of ["", `${piece} ${piece}`, ";"]) {
        const mutated = pieces.toSpliced(at, 1, wrong).join("");
        const { diagnostics } = analyze("fuzz.x", mutated);
        all += 1;
        if (diagnostics.length <= 1) one += 1;
      }
    }
    assert.ok(one / all > 0.9, `${one} of ${all}`);
  });

  const many = (count: number, each: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => each(at)).join("\n");
  const hostile: readonly (readonly [string, string, string | undefined])[] = [
    [
      "10,000 nested structs",
      `struct a {${"struct {".repeat(10_000)}int x;${"} y;".repeat(10_000)}};`,
      "nesting-too-deep",
    ],
    ["10,000 nested unions", `union u ${"switch (union ".repeat(10_000)}`, "nesting-too-deep"],
    ["a mistake within 200 structs", `struct a { ${"struct { ".repeat(200)} t`, "nesting-too-deep"],
    ["structs that never open", `struct a { ${"struct ".repeat(20_000)}`, "syntax"],
    [
      "10,000 types by value",
      many(10_000, (n) => `struct s${n} { s${n + 1} x; };`) + "struct s10000 { int x; };",
      "nesting-too-deep",
    ],
    ["10,000 typedefs", many(10_000, (n) => `typedef t${n + 1} t${n};`) + "typedef int t10000;", "nesting-too-deep"],
    ["a circle of 10,000 structs", many(10_000, (n) => `struct s${n} { s${(n + 1) % 10_000} x; };`), "infinite-size"],
    [
      "a circle of 10,000 unions",
      many(10_000, (n) => `union u${n} switch (int v) { case 0: void; case 1: u${(n + 1) % 10_000} x; };`),
      "nesting-too-deep",
    ],
    ["a circle of 10,000 typedefs", many(10_000, (n) => `typedef t${(n + 1) % 10_000} t${n};`), "typedef-cycle"],
    ["a circle of 10,000 constants", many(10_000, (n) => `const c${n} = c${(n + 1) % 10_000};`), "constant-cycle"],
    [
      "10,000 constants by each other",
      many(10_000, (n) => `const c${n} = c${n + 1};`) + "const c10000 = 1;",
      undefined,
    ],
    ["10,000 structs by pointer", many(10_000, (n) => `struct s${n} { s${(n + 1) % 10_000} *x; };`), undefined],
    [
      "types that each hold the one before twice",
      many(250, (n) => `struct s${n} { s${n + 1} x[2]; s${n + 1} y; };`) + "struct s250 { int x; };",
      undefined,
    ],
    ["a number of 100,000 digits", `const A = ${"9".repeat(100_000)};`, "constant-range"],
    [
      "macros that double, 200 deep",
      many(200, (n) => `#define M${n} M${n + 1} M${n + 1}`) + "\nconst A = M0;",
      "macro-too-large",
    ],
    [
      "names of the language below",
      "struct __proto__ { int constructor; __proto__ *toString; }; enum hasOwnProperty { valueOf };",
      undefined,
    ],
  ];
  for (const [title, text, code] of hostile) {
    it(`for ${title}`, () => {
      const { diagnostics } = check(text);
      assert.deepEqual(
        diagnostics.map((each) => each.code),
        code === undefined ? [] : [code],
      );
    });
  }

  it(`takes ${MAX_NESTING - 1} levels of nesting`, () => {
    const levels = MAX_NESTING - 1;
    assert.deepEqual(check(`struct a {${"struct {".repeat(levels)}int x;${"} y;".repeat(levels)}};`).diagnostics, []);
  });

  it(`keeps ${MAX_ERRORS} errors, and says that there are more`, () => {
    for (const text of ["é\n".repeat(20_000), "const A 1;\n".repeat(20_000), "struct A { int b; };\n".repeat(20_000)]) {
      const { diagnostics } = check(text);
      assert.equal(diagnostics.length, MAX_ERRORS + 1);
      assert.equal(diagnostics.at(-1)?.code, "too-many-errors");
    }
  });

  it("gives up where each mistake has the parser search the whole file for a place to go on", () => {
    // Half a minute without a bound.
    const text = "{ a again; } inner; };\nstruct tree { int value; ; };\nunion c switch (int v) - { case 0: void; };\n";
    assert.equal(check(text.repeat(20_000)).diagnostics.at(-1)?.code, "too-many-errors");
  });

  it(`keeps ${MAX_ERRORS} warnings, and says that there are more`, () => {
    const { diagnostics } = check("const A = 1;\n".repeat(20_000));
    assert.equal(diagnostics.length, MAX_ERRORS + 1);
    assert.equal(diagnostics.at(-1)?.code, "too-many-warnings");
  });
});
