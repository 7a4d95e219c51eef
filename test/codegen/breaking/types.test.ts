import assert from "node:assert/strict";
import { type Case, codesOf, compare, testCases } from "./support.ts";

/** A change of a field's type. */
function field(title: string, old: string, now: string, codes: readonly string[], back: readonly string[]): Case {
  return { title, old: `struct s { ${old}; };`, now: `struct s { ${now}; };`, codes, back };
}

const same = (title: string, old: string, now: string): Case => field(title, old, now, [], []);

describe("breaking: types", () => {
  describe("numbers", () => {
    testCases([
      field("int to hyper", "int a", "hyper a", ["type-changed"], ["type-changed"]),
      field("hyper to unsigned hyper", "hyper a", "unsigned hyper a", ["type-changed"], ["type-changed"]),
      field("int to unsigned", "int a", "unsigned a", ["type-changed"], ["type-changed"]),
      field("int to float", "int a", "float a", ["type-changed"], ["type-changed"]),
      field("float to double", "float a", "double a", ["type-changed"], ["type-changed"]),
      field("short to int", "short a", "int a", ["integer-widened"], ["integer-narrowed"]),
      field("unsigned char to short", "unsigned char a", "short a", ["integer-widened"], ["integer-narrowed"]),
      field("char to unsigned char", "char a", "unsigned char a", ["type-changed"], ["type-changed"]),
      field("bool to int", "bool a", "int a", ["integer-widened"], ["integer-narrowed"]),
      same("long to int", "long a", "int a"),
      same("unsigned to u_int", "unsigned a", "u_int a"),
      {
        title: "bool to an enum of its numbers",
        old: "struct s { bool a; };",
        now: "enum e { NO = 0, YES = 1 }; struct s { e a; };",
        codes: [],
        back: [],
      },
      {
        title: "an enum to int",
        old: "enum e { A = 1, B = 2 }; struct s { e a; };",
        now: "struct s { int a; };",
        codes: ["integer-widened"],
        back: ["integer-narrowed"],
      },
    ]);
  });

  describe("strings and bytes", () => {
    testCases([
      field("a lower bound", "string a<20>", "string a<10>", ["bound-narrowed"], ["bound-widened"]),
      field("a bound where none was", "opaque a<>", "opaque a<10>", ["bound-narrowed"], ["bound-widened"]),
      field("string to opaque", "string a<20>", "opaque a<20>", ["string-to-opaque"], ["opaque-to-string"]),
      field(
        "string to shorter opaque",
        "string a<20>",
        "opaque a<10>",
        ["string-to-opaque", "bound-narrowed"],
        ["opaque-to-string", "bound-widened"],
      ),
      field("opaque of another length", "opaque a[3]", "opaque a[4]", ["length-changed"], ["length-changed"]),
      field("fixed to variable", "opaque a[4]", "opaque a<4>", ["type-changed"], ["type-changed"]),
      field("opaque to characters", "opaque a[4]", "char a[4]", ["type-changed"], ["type-changed"]),
      field("string to characters", "string a<4>", "char a<4>", ["type-changed"], ["type-changed"]),
      same("the largest bound and none", "string a<4294967295>", "string a<>"),
    ]);
  });

  describe("arrays and pointers", () => {
    testCases([
      field("a lower bound", "int a<20>", "int a<10>", ["bound-narrowed"], ["bound-widened"]),
      field("another length", "int a[3]", "int a[4]", ["length-changed"], ["length-changed"]),
      field("another element", "int a<3>", "hyper a<3>", ["type-changed"], ["type-changed"]),
      field("a narrower element", "int a[3]", "short a[3]", ["integer-narrowed"], ["integer-widened"]),
      field("plain to optional", "int a", "int *a", ["optional-changed"], ["optional-changed"]),
      field("optional to array", "int *a", "int a<5>", ["bound-widened"], ["bound-narrowed"]),
      same("optional and an array of one at most", "int *a", "int a<1>"),
      same("an array of one and the element", "int a[1]", "int a"),
      {
        title: "optional and the union that it stands for",
        old: "struct s { int *a; };",
        now: "union u switch (bool b) { case TRUE: int a; case FALSE: void; }; struct s { u a; };",
        codes: [],
        back: [],
      },
      field("an array of strings", "string a<5>; int b", "string a<5>; int b<>", ["type-changed"], ["type-changed"]),
    ]);
  });

  describe("typedefs", () => {
    testCases([
      {
        title: "are transparent",
        old: "struct s { string name<10>; int list<5>; };",
        now: "typedef string label<10>; typedef label other; typedef int five<5>; struct s { other name; five list; };",
        codes: [],
        back: [],
      },
      {
        title: "tell of their change once",
        old: "typedef string label<10>; struct s { label a; label b; }; struct t { label a; };",
        now: "typedef string label<5>; struct s { label a; label b; }; struct t { label a; };",
        codes: ["bound-narrowed"],
        back: ["bound-widened"],
      },
      {
        title: "another typedef of other bounds",
        old: "typedef string a<10>; typedef string b<5>; struct s { a x; b y; };",
        now: "typedef string a<10>; typedef string b<5>; struct s { b x; b y; };",
        codes: ["bound-narrowed"],
        back: ["bound-widened"],
      },
    ]);
  });

  describe("structs", () => {
    testCases([
      field("a new name", "int a; string b<5>", "int a; string c<5>", [], []),
      field("all new names", "int a; string b<5>", "int x; string y<5>", [], []),
      field(
        "a new name and a new type",
        "int a; int b; int c",
        "int a; hyper x; int c",
        ["type-changed"],
        ["type-changed"],
      ),
      field("a field less at the end", "int a; int b", "int a", ["field-removed"], ["field-added"]),
      field("a field less at the start", "int a; hyper b", "hyper b", ["field-removed"], ["field-added"]),
      field(
        "two fields more",
        "int b",
        "int a; int b; int c",
        ["field-added", "field-added"],
        ["field-removed", "field-removed"],
      ),
      field("two that change places", "int a; string b<5>", "string b<5>; int a", ["field-moved"], ["field-moved"]),
      field("two of one type that change places", "int x; int y", "int y; int x", ["field-moved"], ["field-moved"]),
      field(
        "one that goes to the end",
        "int a; int b; int c; int d",
        "int b; int c; int d; int a",
        ["field-moved"],
        ["field-moved"],
      ),
      field(
        "one that moves and changes",
        "int a; int b; int c",
        "int b; int c; hyper a",
        ["field-moved", "type-changed"],
        ["field-moved", "type-changed"],
      ),
      {
        title: "fields that become a struct",
        old: "struct s { int a; int x; int y; };",
        now: "struct point { int x; int y; }; struct s { int a; point p; };",
        codes: [],
        back: [],
      },
      {
        title: "an array that becomes a struct",
        old: "struct s { int a[2]; };",
        now: "struct pair { int x; int y; }; struct s { pair a; };",
        codes: [],
        back: [],
      },
      {
        title: "a nested struct without a name",
        old: "struct s { struct { int x; int y; } a; };",
        now: "struct point { int x; int y; }; struct s { point a; };",
        codes: [],
        back: [],
      },
      {
        title: "a struct that holds others tells once",
        old: "struct in { int a; }; struct s { in a; in b<>; in *c; };",
        now: "struct in { hyper a; }; struct s { in a; in b<>; in *c; };",
        codes: ["type-changed"],
        back: ["type-changed"],
      },
    ]);
  });

  describe("enums", () => {
    const of = (members: string): string => `enum e { ${members} };`;
    testCases([
      { title: "a new name", old: of("A = 1, B = 2"), now: of("A = 1, C = 2"), codes: [], back: [] },
      { title: "another order", old: of("A = 1, B = 2"), now: of("B = 2, A = 1"), codes: [], back: [] },
      {
        title: "a member more",
        old: of("A = 1"),
        now: of("A = 1, B = 2"),
        codes: ["enumerator-added"],
        back: ["enumerator-removed"],
      },
      { title: "a second name", old: of("A = 1"), now: of("A = 1, B = 1"), codes: [], back: [] },
      {
        title: "another number",
        old: of("A = 1, B = 2"),
        now: of("A = 1, B = 3"),
        codes: ["enumerator-changed"],
        back: ["enumerator-changed"],
      },
      {
        title: "numbers that change places",
        old: of("A = 1, B = 2"),
        now: of("A = 2, B = 1"),
        codes: ["enumerator-changed", "enumerator-changed"],
      },
      { title: "one in between", old: of("A, B"), now: of("A, X, B"), codes: ["enumerator-changed"] },
      {
        title: "a number that goes to another name",
        old: of("A = 1, B = 2"),
        now: of("A = 2"),
        codes: ["enumerator-removed", "enumerator-changed"],
      },
      {
        title: "an old name for a new number",
        old: of("OK = 0"),
        now: of("DONE = 0, OK = 1"),
        codes: ["enumerator-changed"],
        back: ["enumerator-removed", "enumerator-changed"],
      },
    ]);
  });

  describe("files without programs", () => {
    testCases([
      {
        title: "a type that is gone",
        old: "struct a { int x; }; struct b { int y; };",
        now: "struct b { int y; };",
        codes: ["type-removed"],
        back: [],
      },
      {
        title: "a type that another held and is gone",
        old: "struct in { int x; }; struct s { in a; };",
        now: "struct s { int x; };",
        codes: [],
      },
      {
        title: "another kind",
        old: "struct a { int x; };",
        now: "enum a { A = 1 };",
        codes: ["type-changed"],
        back: ["type-changed"],
      },
      {
        title: "another kind of other bytes",
        old: "struct a { int x; };",
        now: "union a switch (int b) { default: void; };",
        codes: ["type-changed"],
      },
      {
        title: "constants and comments",
        old: "const A = 1; struct a { int x<A>; };",
        now: "/* No. */ const B = 1; struct a { int x<B>; };",
        codes: [],
      },
      {
        title: "a constant that is a bound",
        old: "const A = 2; struct a { int x<A>; };",
        now: "const A = 1; struct a { int x<A>; };",
        codes: ["bound-narrowed"],
      },
    ]);
  });

  describe("recursion", () => {
    testCases([
      {
        title: "a list, the same",
        old: "struct node { int v; node *next; };",
        now: "typedef struct node *link; struct node { int value; link next; };",
        codes: [],
        back: [],
      },
      {
        title: "a list whose node changes",
        old: "struct node { int v; node *next; };",
        now: "struct node { hyper v; node *next; };",
        codes: ["type-changed"],
      },
      {
        title: "types that hold each other, under other names",
        old: "struct a { b *x; int n; }; struct b { a y<>; }; struct top { a t; };",
        now: "struct c { d *x; int n; }; struct d { c y<>; }; struct top { c t; };",
        codes: [],
        back: [],
      },
      {
        title: "types that hold each other, with a change deep down",
        old: "struct a { b *x; int n; }; struct b { a y<>; }; struct top { a t; };",
        now: "struct c { d *x; int n; }; struct d { c y<5>; }; struct top { c t; };",
        codes: ["bound-narrowed"],
        back: ["bound-widened"],
      },
      {
        title: "a tree that is cut otherwise",
        old: "struct tree { int a; int b; tree kids<>; };",
        now: "struct ab { int a; int b; }; struct tree { ab c; tree kids<>; };",
        codes: [],
        back: [],
      },
    ]);

    it("ends for 10,000 structs by pointer, under the same names and others", function () {
      this.timeout(30_000);
      const chain = (prefix: string, last: string): string => {
        const links = Array.from({ length: 10_000 }, (_, at) => `struct ${prefix}${at} { ${prefix}${at + 1} *p; };`);
        return `${links.join("\n")}\nstruct ${prefix}10000 { ${last} x; }; struct top { ${prefix}0 *p; };`;
      };
      assert.deepEqual(codesOf(chain("a", "int"), chain("a", "hyper")), ["type-changed"]);
      assert.deepEqual(codesOf(chain("a", "int"), chain("b", "hyper")), ["type-changed"]);
    });

    it("ends for types that each hold the one before twice", () => {
      const tower = (cut: string): string => {
        const floors = Array.from({ length: 60 }, (_, at) => `struct s${at + 1} { s${at} a; s${at} b; };`);
        return `struct s0 { int a; hyper b; };\n${floors.join("\n")}\nstruct top { s60 a; ${cut} };`;
      };
      assert.deepEqual(codesOf(tower("int a1; int a2;"), tower("int pair[2];")), []);
    });
  });

  it("a change tells its place in both files, whom it breaks, and why", () => {
    const old = "struct s { string a<20>; };\nprogram P { version V { void F(s) = 1; } = 1; } = 0x10000001;";
    const { changes, texts } = compare(old, old.replace("20", "10"));
    assert.equal(changes.length, 1);
    const [change] = changes;
    assert.ok(change?.span);
    assert.equal(change.severity, "error");
    assert.equal(
      change.message,
      "field 'a' of struct 's' was string<20> and is string<10>: " +
        "an old client may send more than 10 bytes, which a new server refuses",
    );
    assert.equal(texts.get("new.x")?.text.slice(change.span.start, change.span.end), "string a<10>");
    assert.equal(texts.get("old.x")?.text.slice(change.oldSpan.start, change.oldSpan.end), "string a<20>");
  });

  it("of results the server is the sender; of types of both, each peer", () => {
    const file = (bound: number, args: string, result: string): string =>
      `struct s { string a<${bound}>; };\nprogram P { version V { ${result} F(${args}) = 1; } = 1; } = 0x10000001;`;
    const messageOf = (args: string, result: string): string =>
      compare(file(10, args, result), file(20, args, result)).changes[0]?.message ?? "";
    assert.match(messageOf("void", "s"), /a new server may send more than 10 bytes, which an old client refuses$/);
    assert.match(messageOf("s", "s"), /a new peer may send more than 10 bytes, which an old peer refuses$/);
    assert.match(messageOf("int", "int"), /a new peer may send more than 10 bytes, which an old peer refuses$/);
  });
});
