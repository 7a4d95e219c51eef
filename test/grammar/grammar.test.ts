import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { RpclParser } from "../../grammar/parser.ts";
import { lexer, vocabulary } from "../../grammar/tokens.ts";

const parser = new RpclParser();

function errorsOf(text: string): string[] {
  const { tokens, errors } = lexer.tokenize(text);
  parser.input = tokens;
  parser.specification();
  return [...errors, ...parser.errors].map(({ message }) => message);
}

describe("grammar", () => {
  it("has one parser rule for each production of rpcl.ebnf, under its name", () => {
    const text = readFileSync("grammar/rpcl.ebnf", "utf8").replace(/\(\*[\s\S]*?\*\)/g, "");
    const productions = [...text.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name ?? "");
    const lexical = new Set(["identifier", "constant", "comment", "passthrough"]);
    const syntactic = productions.filter((name) => !lexical.has(name) && !name.endsWith("_constant"));
    const rules = Object.keys(parser.getGAstProductions());
    assert.deepEqual(rules.toSorted(), syntactic.toSorted());
  });

  it("has the keywords of RFC 4506 section 6.4, RFC 5531 section 12.3, C's integers, and other dialects'", () => {
    const keywords = vocabulary
      .map(({ PATTERN }) => PATTERN)
      .filter((pattern) => typeof pattern === "string" && /^[a-z]/.test(pattern));
    const rfc4506 =
      "bool case const default double quadruple enum float hyper int opaque string struct switch typedef union unsigned void";
    assert.deepEqual(
      keywords.toSorted(),
      `${rfc4506} program version char long short namespace pragma`.split(" ").toSorted(),
    );
  });

  it("has tree types that fit the parser (node scripts/generate-cst.mjs)", () => {
    execFileSync(process.execPath, ["scripts/generate-cst.mjs", "--check"]);
  });

  it("has diagrams that fit the parser (npm run docs:grammar), each rule with its production", () => {
    execFileSync(process.execPath, ["scripts/docs-grammar.mjs", "--check"]);
  });

  const accepted = [
    "",
    "const A = 1;",
    "const A=-0x1F;const B=017;const C=A;",
    "enum e { A, B = 2, C = B };",
    "struct s { int a; struct { int b; } c; enum { D } e<>; union switch (int f) { case 0: void; } *g; };",
    "union u switch (unsigned int x) { case 0: case 1: int a<>; case 2: void; default: opaque b[3]; };",
    "typedef string s<>; typedef int *p; typedef struct foo bar<3>;",
    "program p { version v { void f(void) = 0; } = 1; version w { int g(int, string<3>, string) = 1; } = 2; } = 3;",
    "program version { version program { void version(program) = 0; } = 1; } = 1;",
    "struct program { int version; version program; }; typedef version program;",
    "const programs = 1; struct structure { int integer; };",
    "/* a */ const /* b */ A // c\n = 1; // d",
    '%text { ; "\nconst A = 1;\n%more',
    "const A = 'a'; const B = '\\''; const C = \"a \\\" b\"; enum e { D = 'd' };",
    "enum e { A, };",
    "struct s { unsigned hyper int a; hyper int b; long long c; unsigned long long int d; };",
    "union u switch (char x) { default: void; case 'a': int b; };",
    "union u switch (int x) { default: void; };",
    "program p { version v { int f() = 0; int g(int a, s *b, s *, string c<3>, string d) = 1; } = 1; } = 1;",
    "namespace a { const A = 1; namespace b::c { const B = 2; }; } const C = 3;",
    "union u switch (::a::e k) { case a::A: case ::a::B: b::t x<a::MAX>; case\nC\n: ::t *y; default: struct a :: t z[::N]; };",
    "program p { version v { a::t f(::a::t, enum b::e *x) = a::F; } = ::V; } = a::b::P; const A = x::y::B;",
    "pragma header nlm4; pragma exclude a; struct pragma { int namespace; };",
    "\f\vconst A = 1;\r\n",
    "const _a = 1;",
  ];
  for (const text of accepted) {
    it(`takes ${JSON.stringify(text)}`, () => {
      assert.deepEqual(errorsOf(text), []);
    });
  }

  const refused = [
    "const A = ;",
    "const A 1;",
    "const 1 = A;",
    "const int = 1;",
    "enum e { };",
    "enum { A };",
    "struct s { };",
    "struct s { int; };",
    "struct s { int a }",
    "struct s { int a; }",
    "struct s { int a[]; };",
    "struct s { int a[1][2]; };",
    "struct s { unsigned float a; };",
    "union u { case 0: void; };",
    "union u switch (int x) { };",
    "typedef int;",
    "program p { void f(void) = 0; } = 1;",
    "program p { version v { void f(,) = 0; } = 1; } = 1;",
    "enum e { A,, };",
    "enum e { , };",
    "pragma;",
    "struct s { a:: b; };",
    "struct s { a:b c; };",
    "struct s { ::; };",
    "struct a::s { int b; };",
    "const a::A = 1;",
    "namespace a:::b { }",
    "namespace { const A = 1; }",
    "const A = 'a;",
    "#include <x.h>",
    "program p { version v { void f(void); } = 1; } = 1;",
    "version v { void f(void) = 0; } = 1;",
    "int x;",
    " %x",
    "$",
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.notDeepEqual(errorsOf(text), []);
    });
  }

  it("goes on behind an error", () => {
    parser.input = lexer.tokenize("struct a { int ; }; const B = 1; enum c { = }; const D = 2;").tokens;
    const tree = parser.specification();
    assert.equal(tree.children["definition"]?.length, 4);
    assert.ok(parser.errors.length >= 2);
  });
});
