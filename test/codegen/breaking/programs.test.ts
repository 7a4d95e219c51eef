import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { breaking } from "../../../src/codegen/breaking/breaking.ts";
import { breakingCodes } from "../../../src/codegen/breaking/breaking-codes.ts";
import { type Case, compare, testCases } from "./support.ts";

const TYPES = "struct point { int x; int y; };\nstruct other { hyper z; };\n";

/** A change of the procedures of a version. */
function procedures(title: string, old: string, now: string, codes: string[], back: string[]): Case {
  const file = (list: string): string => `${TYPES}program P { version V { ${list} } = 1; } = 0x20000001;`;
  return { title, old: file(old), now: file(now), codes, back };
}

function versions(title: string, old: string, now: string, codes: string[], back: string[]): Case {
  const file = (list: string): string => `program P { ${list} } = 0x20000001;`;
  return { title, old: file(old), now: file(now), codes, back };
}

describe("breaking: programs", () => {
  describe("procedures", () => {
    testCases([
      procedures("one more", "int A(int) = 1;", "int A(int) = 1; int B(int) = 2;", [], ["procedure-removed"]),
      procedures("another name", "int A(int) = 1;", "int B(int) = 1;", [], []),
      procedures(
        "another number",
        "int A(int) = 1;",
        "int A(int) = 2;",
        ["procedure-number-changed"],
        ["procedure-number-changed"],
      ),
      procedures(
        "numbers that change places",
        "int A(int) = 1; int B(int) = 2;",
        "int A(int) = 2; int B(int) = 1;",
        ["procedure-number-changed", "procedure-number-changed"],
        ["procedure-number-changed", "procedure-number-changed"],
      ),
      procedures(
        "one in between",
        "int A(int) = 1; int B(int) = 2;",
        "int A(int) = 1; int X(int) = 2; int B(int) = 3;",
        ["procedure-number-changed"],
        ["procedure-removed", "procedure-number-changed"],
      ),
      procedures(
        "procedure 0, which answers by itself",
        "void NULLPROC(void) = 0; int A(int) = 1;",
        "int A(int) = 1;",
        [],
        [],
      ),
      procedures(
        "procedure 0 that gives something",
        "int ZERO(void) = 0; int A(int) = 1;",
        "int A(int) = 1;",
        ["procedure-removed"],
        [],
      ),
      procedures("another argument", "int A(int) = 1;", "int A(hyper) = 1;", ["type-changed"], ["type-changed"]),
      procedures("another result", "int A(int) = 1;", "void A(int) = 1;", ["type-changed"], ["type-changed"]),
      procedures(
        "a shorter argument",
        "int A(string<9>) = 1;",
        "int A(string<5>) = 1;",
        ["bound-narrowed"],
        ["bound-widened"],
      ),
      procedures(
        "an argument more",
        "int A(int) = 1;",
        "int A(int, int) = 1;",
        ["arguments-changed"],
        ["arguments-changed"],
      ),
      procedures(
        "an argument less",
        "int A(int) = 1;",
        "int A(void) = 1;",
        ["arguments-changed"],
        ["arguments-changed"],
      ),
      procedures(
        "another type of the second",
        "int A(int, point) = 1;",
        "int A(int, other) = 1;",
        ["field-removed", "field-removed", "field-added"],
        ["field-removed", "field-added", "field-added"],
      ),
      procedures("names of arguments", "int A(int a, int b) = 1;", "int A(int b, int) = 1;", [], []),
      procedures("arguments that become a struct", "int A(int, int) = 1;", "int A(point) = 1;", [], []),
      procedures("C's `T *`, which is T", "int A(point) = 1;", "int A(point *) = 1;", [], []),
      procedures(
        "`T *` among several",
        "int A(int, point) = 1;",
        "int A(int, point *) = 1;",
        ["optional-changed"],
        ["optional-changed"],
      ),
    ]);
  });

  describe("versions and programs", () => {
    const V1 = "version V { int A(int) = 1; } = 1;";
    testCases([
      versions("one more", V1, `${V1} version W { int A(hyper) = 1; } = 2;`, [], ["version-removed"]),
      versions("another name", V1, V1.replace("V", "W"), [], []),
      versions(
        "another number",
        V1,
        V1.replace("} = 1", "} = 2"),
        ["version-number-changed"],
        ["version-number-changed"],
      ),
      versions(
        "a new one takes the name",
        V1,
        "version OLD { int A(int) = 1; } = 1; version V { hyper A(int) = 1; } = 2;",
        [],
        ["version-removed"],
      ),
      versions(
        "names that change places",
        `${V1} version W { hyper A(int) = 1; } = 2;`,
        `version W { int A(int) = 1; } = 1; version V { hyper A(int) = 1; } = 2;`,
        ["version-number-changed", "type-changed", "version-number-changed", "type-changed"],
        ["version-number-changed", "type-changed", "version-number-changed", "type-changed"],
      ),
      {
        title: "another number of the program",
        old: `program P { ${V1} } = 0x20000001;`,
        now: `program P { ${V1} } = 0x20000002;`,
        codes: ["program-number-changed"],
        back: ["program-number-changed"],
      },
      {
        title: "another name of the program",
        old: `program P { ${V1} } = 0x20000001;`,
        now: `program Q { ${V1} } = 0x20000001;`,
        codes: [],
        back: [],
      },
      {
        title: "a program that is gone",
        old: `struct s { int a; }; program P { ${V1} } = 0x20000001;`,
        now: "struct s { int a; };",
        codes: ["program-removed"],
        back: [],
      },
      {
        title: "a type that no procedure uses",
        old: `struct s { int a; }; program P { ${V1} } = 0x20000001;`,
        now: `program P { ${V1} } = 0x20000001;`,
        codes: ["unused-type-removed"],
        back: [],
      },
      {
        title: "a type of two procedures, told of once",
        old: "struct s { int a; }; program P { version V { s A(s) = 1; s B(void) = 2; } = 1; } = 0x20000001;",
        now: "struct s { hyper a; }; program P { version V { s A(s) = 1; s B(void) = 2; } = 1; } = 0x20000001;",
        codes: ["type-changed"],
        back: ["type-changed"],
      },
    ]);
  });

  it("what is gone has its place in the old file", () => {
    const old = "program P { version V { int A(int) = 1; int B(int) = 2; } = 1; } = 0x20000001;";
    const [change, ...rest] = compare(old, old.replace("int B(int) = 2; ", "")).changes;
    assert.deepEqual(rest, []);
    assert.ok(change);
    assert.equal(old.slice(change.oldSpan.start, change.oldSpan.end), "int B(int) = 2;");
    assert.equal(change.message, "procedure 'B' (2) is gone: a new server answers old clients with PROC_UNAVAIL");
    assert.equal(change.span?.file, "new.x", "the version that had it");
  });

  it("mistakes in either file leave nothing to compare", () => {
    const good = "struct s { int a; };";
    for (const [old, now] of [
      [good, "struct s {"],
      ["struct s {", good],
    ] as const) {
      const { changes, diagnostics } = breaking({ path: "old.x", text: old }, { path: "new.x", text: now });
      assert.deepEqual(changes, []);
      assert.deepEqual(
        diagnostics.map(({ code, span }) => [code, span.file]),
        [["syntax", old === good ? "new.x" : "old.x"]],
      );
    }
  });

  it("files of the same path are told apart", () => {
    const file = (text: string) => ({ path: "a.x", text });
    const { changes, texts } = breaking(file("struct s { int a; };"), file("struct s { hyper a; };"));
    assert.deepEqual(
      changes.map(({ span, oldSpan }) => [span?.file, oldSpan.file]),
      [["a.x", "a.x (old)"]],
    );
    assert.equal(texts.get("a.x (old)")?.text, "struct s { int a; };");
  });

  it("each included file is read beside the one that includes it", () => {
    const included: Readonly<Record<string, string>> = { "v1/in.x": "typedef int t;", "v2/in.x": "typedef hyper t;" };
    const text = '#include "in.x"\nstruct s { t a; };';
    const { changes, diagnostics } = breaking(
      { path: "v1/a.x", text },
      { path: "v2/a.x", text },
      {
        readFile: (path) => {
          const found = included[path];
          return found === undefined ? undefined : new TextEncoder().encode(found);
        },
      },
    );
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      changes.map(({ code, span }) => [code, span?.file]),
      [["type-changed", "v2/in.x"]],
    );
  });

  it("each code is of a severity, in words, and has a case here", () => {
    const folder = "test/codegen/breaking";
    const cases = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    for (const [code, { severity, summary }] of Object.entries(breakingCodes)) {
      assert.match(code, /^[a-z-]+$/);
      assert.match(severity, /^(error|warning)$/);
      assert.match(summary, /\.$/);
      assert.ok(
        cases.some((text) => text.includes(`["${code}"`) || text.includes(`"${code}"]`)),
        code,
      );
    }
  });
});
