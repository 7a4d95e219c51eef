import assert from "node:assert/strict";
import { briefly, changesOf, program } from "./support.ts";

const both = "oc+nc";
const TYPES = "struct s { int x; int y; }; typedef string name<9>;";

describe("breaking changes of programs", () => {
  describe("numbers", () => {
    const version = (name: string, number: number, procedures = "void F(void) = 1;"): string =>
      `version ${name} { ${procedures} } = ${number};`;
    const prog = (name: string, number: number, ...versions: string[]): string =>
      `program ${name} { ${(versions.length > 0 ? versions : [version("V", 1)]).join(" ")} } = ${number};`;
    const procedures = (text: string): string => prog("P", 1, version("V", 1, text));

    const cases: readonly (readonly [what: string, old: string, fresh: string, ...changes: string[]])[] = [
      ["the same", prog("P", 1), prog("P", 1)],
      ["renamed", prog("P", 1), prog("Q", 1, version("W", 1, "void G(void) = 1;"))],
      ["a program is new", prog("P", 1), prog("P", 1) + prog("Q", 2)],
      ["a program is gone", prog("P", 1) + prog("Q", 2), prog("P", 1), "program-removed Q oc"],
      ["a program's number", prog("P", 1), prog("P", 2), `program-number-changed P ${both}`],
      [
        "programs exchange their numbers",
        prog("P", 1) + prog("Q", 2),
        prog("P", 2) + prog("Q", 1),
        `program-number-changed P ${both}`,
        `program-number-changed Q ${both}`,
      ],
      ["a version is new", prog("P", 1), prog("P", 1, version("V", 1), version("W", 2))],
      ["a version is gone", prog("P", 1, version("V", 1), version("W", 2)), prog("P", 1), "version-removed P.W oc"],
      ["a version's number", prog("P", 1), prog("P", 1, version("V", 2)), `version-number-changed P.V ${both}`],
      ["a procedure is new", procedures("void F(void) = 1;"), procedures("void F(void) = 1; void G(void) = 2;")],
      [
        "a procedure is gone",
        procedures("void F(void) = 1; void G(void) = 2;"),
        procedures("void F(void) = 1;"),
        "procedure-removed P.V.G oc",
      ],
      [
        "a procedure's number",
        procedures("void F(void) = 1;"),
        procedures("void F(void) = 2;"),
        `procedure-number-changed P.V.F ${both}`,
      ],
      [
        "a procedure's number goes to one that had another",
        procedures("void F(void) = 1; int G(void) = 2;"),
        procedures("int G(void) = 1;"),
        `procedure-number-changed P.V.G ${both}`,
        "procedure-removed P.V.F oc",
      ],
      ["procedure 0 is declared no more", procedures("void N(void) = 0; int F(int) = 1;"), procedures("int F(int) = 1;")],
      ["procedure 0 is declared", procedures("int F(int) = 1;"), procedures("void N(void) = 0; int F(int) = 1;")],
      [
        "procedure 0 gives something",
        procedures("void N(void) = 0;"),
        procedures("int N(void) = 0;"),
        `type-changed P.V.N(result) ${both}`,
      ],
      [
        "procedure 0 that gives something is gone",
        procedures("int N(void) = 0; int F(int) = 1;"),
        procedures("int F(int) = 1;"),
        "procedure-removed P.V.N oc",
      ],
      ["a version's name goes to the next one", prog("P", 1), prog("P", 1, version("OLD", 1), version("V", 2))],
      [
        "a procedure is put in before",
        procedures("int F(int) = 1;"),
        procedures("int G(int) = 1; int F(int) = 2;"),
        `procedure-number-changed P.V.F ${both}`,
      ],
      ["the order of procedures", procedures("void F(void) = 1; int G(void) = 2;"), procedures("int G(void) = 2; void F(void) = 1;")],
    ]; // prettier-ignore
    for (const [what, old, fresh, ...expected] of cases) {
      it(`${what}: ${expected.join(", ") || "none"}`, () => {
        assert.deepEqual(briefly(old, fresh), expected);
      });
    }
  });

  describe("arguments", () => {
    const cases: readonly (readonly [old: string, fresh: string, ...changes: string[]])[] = [
      ["int", "int x"],
      ["int x", "int y"],
      ["s", "int, int"],
      ["int, int", "s"],
      ["s *", "s"],
      ["void", ""],
      ["string<9>", "name"],
      ["int", "int, int", `argument-added P.V.F(argument 2) ${both}`],
      ["int, int", "int", `argument-removed P.V.F(argument 2) ${both}`],
      ["void", "int", `argument-added P.V.F(argument 1) ${both}`],
      ["int", "void", `argument-removed P.V.F(argument 1) ${both}`],
      ["int", "hyper, int", `argument-added P.V.F(argument 1) ${both}`],
      ["int x, int y", "int y, int x", `arguments-reordered P.V.F ${both}`],
      ["int", "unsigned", `range-changed P.V.F(argument 1) ${both}`],
      ["int", "short", "range-narrowed P.V.F(argument 1) oc"],
      ["short", "int", "range-widened P.V.F(argument 1) nc"],
      ["string<9>", "string<8>", "bound-narrowed P.V.F(argument 1) oc"],
      ["string", "string<8>", "bound-narrowed P.V.F(argument 1) oc"],
      ["s *, int", "s, int", `optional-changed P.V.F(argument 1) ${both}`],
    ];
    for (const [old, fresh, ...expected] of cases) {
      it(`(${old}) → (${fresh}): ${expected.join(", ") || "none"}`, () => {
        assert.deepEqual(briefly(program(TYPES, old, "void"), program(TYPES, fresh, "void")), expected);
      });
    }
  });

  describe("results: the server writes, and the client reads", () => {
    const cases: readonly (readonly [old: string, fresh: string, ...changes: string[]])[] = [
      ["s", "s"],
      ["void", "int", `type-changed P.V.F(result) ${both}`],
      ["int", "void", `type-changed P.V.F(result) ${both}`],
      ["int", "short", "range-narrowed P.V.F(result) nc"],
      ["short", "int", "range-widened P.V.F(result) oc"],
      ["string", "name", "bound-narrowed P.V.F(result) nc"],
      ["name", "string", "bound-widened P.V.F(result) oc"],
    ];
    for (const [old, fresh, ...expected] of cases) {
      it(`${old} → ${fresh}: ${expected.join(", ") || "none"}`, () => {
        assert.deepEqual(briefly(program(TYPES, "void", old), program(TYPES, "void", fresh)), expected);
      });
    }
  });

  it("is one change where a type is an argument and a result, and breaks both", () => {
    const text = (bound: number): string => program(`struct t { opaque data<${bound}>; };`, "t", "t");
    assert.deepEqual(briefly(text(9), text(8)), [`bound-narrowed t.data ${both}`]);
  });

  describe("what a change says", () => {
    const old = program("struct READ3args { opaque file<>; unsigned count; int gone; };", "READ3args", "void");
    const fresh = program("struct READ3args { opaque file<>; unsigned hyper count; };", "READ3args", "void");
    const [count, gone] = changesOf(old, fresh);
    const marked = (text: string, span: { start: number; end: number } | undefined): string =>
      text.slice(span?.start, span?.end);

    it("place in NEW, place in OLD, and where it travels", () => {
      assert.equal(
        count?.message,
        "READ3args.count: it was unsigned int and is unsigned hyper; " +
          "breaks OLD clients with NEW servers, and NEW clients with OLD servers",
      );
      assert.equal(count.severity, "error");
      assert.equal(count.span.file, "new.x");
      assert.equal(marked(fresh, count.span), "unsigned hyper count");
      const [before, route] = count.notes ?? [];
      assert.equal(before?.message, "before");
      assert.equal(before.span.file, "old.x");
      assert.equal(marked(old, before.span), "unsigned count");
      assert.equal(route?.message, "it travels in P.V.F(argument 1)");
      assert.equal(marked(fresh, route.span), "READ3args");
    });

    it("place in OLD for what is gone", () => {
      assert.equal(gone?.code, "field-removed");
      assert.equal(gone.span.file, "old.x");
      assert.equal(marked(old, gone.span), "int gone");
    });
  });
});
