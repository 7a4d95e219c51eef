import assert from "node:assert/strict";
import { Diagnostics } from "../../../src/codegen/diagnostics.ts";
import { MAX_EXPANSION, MAX_INCLUDE_DEPTH, MAX_NESTING, MAX_SOURCE_BYTES } from "../../../src/codegen/limits.ts";
import { preprocess, type Preprocessed, type PreprocessOptions } from "../../../src/codegen/preprocess/preprocess.ts";
import { SourceText } from "../../../src/codegen/preprocess/source.ts";
import { SourceReader } from "../../../src/codegen/source-reader.ts";

interface Result extends Preprocessed {
  readonly codes: readonly string[];
}

type Files = Readonly<Record<string, string>>;

/** Preprocesses `main.x`, which may include the other files. */
function run(text: string, files: Files = {}, options: Partial<PreprocessOptions> = {}): Result {
  const diagnostics = new Diagnostics();
  const reader = new SourceReader({
    readFile: (path) => (Object.hasOwn(files, path) ? Buffer.from(files[path] ?? "") : undefined),
  });
  const read = (path: string): SourceText | undefined => reader.read(path, diagnostics.report);
  const defaults = { defines: [], undefines: [], includeDirs: [], pass: "RPC_XDR", followHeaders: false } as const;
  const result = preprocess(reader.add("main.x", text), { ...defaults, read, ...options }, diagnostics.report);
  return { ...result, codes: diagnostics.sorted().map(({ code }) => code) };
}

/** The words of the output, one space between them. */
function words(text: string, files: Files = {}, options: Partial<PreprocessOptions> = {}): string {
  const { text: output, codes } = run(text, files, options);
  assert.deepEqual(codes, []);
  return output.replace(/\s+/g, " ").trim();
}

describe("the preprocessor", () => {
  const cases: readonly (readonly [title: string, text: string, expected: string])[] = [
    ["leaves text without macros as it is", "const A = 1; /* B */ // C\n", "const A = 1; /* B */ // C"],
    ["replaces a macro", "#define A 1\nconst B = A;", "const B = 1;"],
    ["replaces no part of a word", "#define A 1\nAB BA A_ _A 0A A", "AB BA A_ _A 0A 1"],
    ["replaces nothing in comments and quotes", "#define A 1\n/* A */ \"A\" 'A' // A\nA", "/* A */ \"A\" 'A' // A 1"],
    ["replaces macros in macros", "#define A B C\n#define B 1\n#define C B\nA", "1 1"],
    ["replaces no macro in itself", "#define A B\n#define B A + 1\nA B", "A + 1 B + 1"],
    ["takes an empty macro", "#define A\nint A b;", "int b;"],
    ["takes a definition that goes on", "#define A 1 \\\n  2\nA", "1 2"],
    ["takes comments in definitions", "#define A /* one */ 1 // two\nA;", "1;"],
    ["takes a comment over lines in a definition", "#define A 1 /* \n */ + 2\nA;", "1 + 2;"],
    ["undoes a definition", "#define A 1\n#undef A\nA", "A"],
    ["takes arguments", "#define F(a, b) b a\nF(1, 2) F((1, 2), 3)", "2 1 3 (1, 2)"],
    ["takes arguments over lines", "#define F(a, b) b a\nF(1,\n 2)", "2 1"],
    ["takes a macro without its arguments as a word", "#define F(a) 1\nF F(2)", "F 1"],
    ["takes no arguments", "#define F() 1\nF() F( )", "1 1"],
    ["takes an empty argument", "#define F(a) [a]\nF()", "[]"],
    ["expands arguments first", "#define A 1\n#define F(a) a a\nF(A) F(F(A))", "1 1 1 1 1 1"],
    ["takes further arguments", "#define F(a, ...) a: __VA_ARGS__\nF(1, 2, 3)", "1: 2, 3"],
    ["makes a string", '#define S(a) #a\nS(b "c")', '"b \\"c\\""'],
    ["pastes words", "#define P(a, b) a ## b\n#define X1 2\nP(X, 1) P(a, b)", "2 ab"],
    ["looks again at what comes behind a macro", "#define A F\n#define F(a) [a]\nA(1)", "[1]"],
    ["knows its line and file", "__LINE__\n__FILE__ __LINE__", '1 "main.x" 2'],
    ["follows #line", '#line 7 "o.x"\n__LINE__ __FILE__\n# 20\n__LINE__ __FILE__', '7 "o.x" 20 "o.x"'],
    ["gives a macro the line of its use", "#define L __LINE__\n#define F(a) a L\nL F(\nL)\nF(1)", "3 4 3 1 5"],
    ["knows its line in conditions", "\n#if __LINE__ == 2 && \\\n __LINE__ == 3\na\n#endif", "a"],
    ["makes no string of a line that is not yet known", "#define S(a) #a\nS(__LINE__)", '"__LINE__"'],
    ["sets __STDC__ alone of the compiler's macros", "__STDC__ __STDC_VERSION__ unix", "1 __STDC_VERSION__ unix"],
    ["lets predefined macros be undone", "#undef __LINE__\n#undef __STDC__\n__LINE__ __STDC__", "__LINE__ __STDC__"],
    ["keeps words apart", "#define A 1\n#define B 2\nA B-A", "1 2-1"],
    ["takes the first branch that holds", "#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif\ne", "b e"],
    ["nests conditions", "#if 0\n#if 1\na\n#else\nb\n#endif\n#else\nc\n#endif", "c"],
    [
      "knows what is defined",
      "#define A\n#ifdef A\na\n#endif\n#ifndef A\nb\n#endif\n#if defined A && !defined(B)\nc\n#endif",
      "a c",
    ],
    ["reads no condition where none matters", "#if 0\n#if 1 +\n#endif\n#elif 1\na\n#elif (\nb\n#endif", "a"],
    [
      "overlooks directives in comments and in what is left out",
      "/*\n#if 0\n*/ a\n#if 0\n#define A\n#error no\n#endif\n#ifdef A\nb\n#endif",
      "/* #if 0 */ a",
    ],
    ["takes a directive that is indented, with spaces, or empty", "  #  define A 1\n#\n # /* x */ undef B\nA", "1"],
    [
      "takes the elifdef of C23",
      "#define B\n#ifdef A\na\n#elifdef B\nb\n#endif\n#ifdef A\n#elifndef A\nc\n#endif",
      "b c",
    ],
    ["overlooks #ident, #pragma and #sccs", '#ident "1.2"\n#pragma pack(1)\n#sccs x\na', "a"],
    ["lets % lines pass", "#define A 1\n%A\n%#define B A\n%#if 0\nA", "%A %#define B A %#if 0 1"],
    ["ends a % line with its comment", "%/* a\n * b\n */ int x;\nc", "%/* a * b */ int x; c"],
    ["ends a % line behind its last \\", "%#define A 1 \\\n + 2\nc", "%#define A 1 + 2 c"],
    [
      "is not led on by an apostrophe",
      "% don't\n#define A 1\n/* don't */ A // don't\nA",
      "% don't /* don't */ 1 // don't 1",
    ],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => {
      assert.equal(words(text), expected);
    });
  }

  const expressions: readonly (readonly [text: string, holds: boolean])[] = [
    ["1", true],
    ["-0", false],
    ["UNKNOWN", false],
    ["1 + 2 * 3 == 7", true],
    ["(1 + 2) * 3 == 9", true],
    ["7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1", true],
    ["1 << 4 == 16 && 256 >> 4 == 16", true],
    ["(6 & 3) == 2 && (6 | 3) == 7 && (6 ^ 3) == 5 && ~0 == -1", true],
    ["1 ? 0 : 1", false],
    ["0 ? 1 / 0 : 2", true],
    ["0 && 1 / 0", false],
    ["1 || 1 / 0", true],
    ["0x10 == 16 && 010 == 8 && 10L == 10 && 0xffffffffUL == 4294967295", true],
    ["-1 > 0u", true],
    ["0x7fffffffffffffff + 1 < 0", true],
    ["'a' == 97 && '\\n' == 10 && '\\0' == 0 && '\\xff' == -1", true],
    ["!0 && !!2", true],
    ["1 == 1 == 1", true],
    ["2 > 1 > 0", true],
  ];
  for (const [text, holds] of expressions) {
    it(`says that ${text} is ${String(holds)}`, () => {
      assert.equal(words(`#if ${text}\nyes\n#else\nno\n#endif`), holds ? "yes" : "no");
    });
  }

  it("takes -D and -U", () => {
    const defines = [{ name: "A" }, { name: "B", value: "2 3" }, { name: "F(x)", value: "[x]" }, { name: "C" }];
    assert.equal(words("A B F(4) C", {}, { defines, undefines: ["C"] }), "1 2 3 [4] C");
  });

  it("sets the macro of its pass, and tells whether that was asked", () => {
    const text = "#if defined(RPC_HDR)\nh\n#elif defined(RPC_XDR)\nx\n#endif";
    assert.equal(words(text), "x");
    assert.equal(words(text, {}, { pass: "RPC_HDR" }), "h");
    assert.equal(run(text).dependsOnPass, true);
    assert.equal(run("#ifdef OTHER\n#endif\nRPC").dependsOnPass, false);
  });

  describe("#include", () => {
    it("reads the file beside the one that includes it, with the macros so far", () => {
      const files = { "a/b.x": '#define B A\n#include "c.x"\nb B', "a/c.x": "c A" };
      assert.equal(words('#define A 1\n#include "a/b.x"\nB', files), "c 1 b 1 1");
    });

    it("looks into folders, for <> into these alone", () => {
      const files = { "b.x": "beside", "one/b.x": "one", "two/b.x": "two", "two/c.x": "c" };
      const includeDirs = ["one", "two"];
      assert.equal(words('#include "b.x"\n#include <b.x>\n#include "c.x"', files, { includeDirs }), "beside one c");
    });

    it("takes the name from a macro", () => {
      assert.equal(words('#define FILE "b.x"\n#include FILE', { "b.x": "b" }), "b");
    });

    it("gives each file its own lines and name", () => {
      const text = '__LINE__ __FILE__\n#include "a.x"\n__LINE__ __FILE__';
      assert.equal(words(text, { "a.x": "\n\n__LINE__ __FILE__" }), '1 "main.x" 3 "a.x" 3 "main.x"');
    });

    it("reads a file once that says so", () => {
      assert.equal(words('#include "b.x"\n#include "b.x"', { "b.x": "#pragma once\nb" }), "b");
      const guarded = "#ifndef B\n#define B\nb\n#endif";
      assert.equal(words('#include "b.x"\n#include "b.x"', { "b.x": guarded }), "b");
    });

    it("reads no header, and names it", () => {
      const { headers, codes } = run('#include <stdio.h>\n%#include "prot/b.h"\n% #include <c.hpp>\n', {});
      assert.deepEqual(codes, []);
      assert.deepEqual(
        headers.map(({ name }) => name),
        ["stdio.h", "prot/b.h", "c.hpp"],
      );
    });

    it("names what a condition leaves out, and the macro that it wants", () => {
      const missing = (text: string): (string | undefined)[] => {
        const { headers, codes } = run(text);
        assert.deepEqual(codes, []);
        return headers.map((header) => header.missing);
      };
      assert.deepEqual(missing('#ifdef A\n%#include "a.h"\n#include "b.x"\n#endif'), ["A", "A"]);
      assert.deepEqual(missing('#if 0\n#elif defined(A) || B\n%#include "a.h"\n#endif'), ["A"]);
      assert.deepEqual(missing('#define A\n#if defined(A) && B > 0\n%#include "a.h"\n#endif'), ["B"]);
      assert.deepEqual(missing('#if defined(RPC_SVC) || defined(A)\n%#include "a.h"\n#endif'), ["A"]);
      const none = ['#if A && B\n%#include "a.h"\n#endif', '#ifdef RPC_SVC\n%#include "a.h"\n#endif'];
      none.push('#ifndef A\n#else\n%#include "a.h"\n#endif', '#if 0\n#ifdef A\n%#include "a.h"\n#endif\n#endif');
      for (const text of none) assert.deepEqual(missing(text), [], text);
    });

    it("takes the header of a file's own name for what rpcgen makes, where C alone is to include it", () => {
      const names = (text: string): string[] =>
        run(text, { "main.x": text, "main.h": "" }).headers.map(({ name }) => name);
      assert.deepEqual(names('%#include "main.h"\n'), []);
      assert.deepEqual(names('#include "main.h"\n'), ["main.h"]);
    });

    it("knows of the .x files that headers are made of, and reads them where that is asked", () => {
      const text = '%#include "prot/b.h"\n%#include "c.h"\n%#include "main.h"\n%#include "none.h"\n';
      const files = { "b.x": "b", "inc/c.x": "c", "main.x": text };
      assert.equal(run(text, files).hasTwins, true);
      const { text: output, headers } = run(text, files, { followHeaders: true, includeDirs: ["inc"] });
      assert.equal(output.replace(/%.*/g, "").replace(/\s+/g, " ").trim(), "b c");
      assert.deepEqual(
        headers.map(({ name }) => name),
        ["none.h"],
      );
    });

    it(`ends ${MAX_INCLUDE_DEPTH} deep`, () => {
      const files = Object.fromEntries(
        Array.from({ length: MAX_INCLUDE_DEPTH }, (_, at) => [`${at}.x`, `#include "${at + 1}.x"\n`]),
      );
      const last = MAX_INCLUDE_DEPTH - 1;
      assert.deepEqual(run('#include "0.x"', { ...files, [`${last - 1}.x`]: "" }).codes, []);
      assert.deepEqual(run('#include "0.x"', { ...files, [`${last + 1}.x`]: "" }).codes, ["include-loop"]);
      assert.deepEqual(
        run('#include "a.x"', { "a.x": '#include "b.x"', "b.x": '#include "a.x"\n#include "a.x"' }).codes,
        ["include-loop"],
      );
    });
  });

  it("leads every place back to where it was written", () => {
    const text = '#define LIST(a) x, a\n#include "b.x"\nenum e { LIST(one), two };\n#define WIDTH 4\ny WIDTH z';
    const { output, text: made } = run(text, { "b.x": "/* b */ const B = 1;\n" });
    const placeOf = (word: string): string => {
      const at = made.indexOf(word);
      const { file, start, end, macro } = output.spanOf(at, at + word.length);
      const source = file === "main.x" ? text : "/* b */ const B = 1;\n";
      return `${file}: ${source.slice(start, end)}${macro ? ` by ${macro.name}` : ""}`;
    };
    assert.equal(placeOf("B = 1"), "b.x: B = 1");
    assert.equal(placeOf("enum e"), "main.x: enum e");
    assert.equal(placeOf("one"), "main.x: LIST(one) by LIST");
    assert.equal(placeOf("two };"), "main.x: two };");
    assert.equal(placeOf("4"), "main.x: WIDTH by WIDTH");
    assert.equal(placeOf("y 4 z"), "main.x: y WIDTH z");
    assert.equal(placeOf("z"), "main.x: z");
  });

  it("counts lines as line markers say", () => {
    const source = new SourceText("made.x", 'a\n# 12 "one.x" 1 2\nb\nc\n#line 40\nd\n#line 5 "t\\\\wo.x"\ne\n');
    const options = { defines: [], undefines: [], includeDirs: [], pass: "RPC_XDR", followHeaders: false } as const;
    const diagnostics = new Diagnostics();
    for (const pass of ["RPC_XDR", "RPC_HDR"] as const) {
      preprocess(source, { ...options, pass, read: () => undefined }, diagnostics.report);
    }
    assert.deepEqual(diagnostics.sorted(), []);
    const placeOf = (word: string): string => {
      const { file, line, column } = source.position(source.text.indexOf(`\n${word}`) + 1);
      return `${file}:${line}:${column}`;
    };
    assert.equal(source.position(0).file, "made.x");
    assert.deepEqual(["b", "c", "d", "e"].map(placeOf), ["one.x:12:1", "one.x:13:1", "one.x:40:1", "t\\wo.x:5:1"]);
  });

  describe("ends", function () {
    this.timeout(20_000);
    const long = "x".repeat(1000);
    const chain = (length: number, body: (next: string) => string): string =>
      Array.from({ length }, (_, at) => `#define M${at} ${body(`M${at + 1}`)}\n`).join("");
    const hostile: readonly (readonly [title: string, text: string, codes: readonly string[]])[] = [
      ["macros that double each other", `${chain(64, (next) => `${next} ${next}`)}M0`, ["macro-too-large"]],
      ["a chain of macros", `${chain(100_000, (next) => next)}M0`, ["macro-too-large"]],
      ["a chain that is short enough", `${chain(MAX_NESTING - 1, (next) => next)}M0`, []],
      [
        "macros in macros' arguments",
        `#define F(a) a\n${"F(".repeat(10_000)}${")".repeat(10_000)}`,
        ["macro-too-large"],
      ],
      ["arguments without an end", `#define F(a) a\n${"F(".repeat(500_000)}`, ["macro-arguments"]],
      ["parentheses in a condition", `#if ${"(".repeat(100_000)}\n#endif`, ["malformed-condition"]],
      ["signs in a condition", `#if ${"-".repeat(100_000)}1\n#endif`, ["malformed-condition"]],
      ["conditions in each other", `${"#if 1\n".repeat(100_000)}${"#endif\n".repeat(100_000)}`, []],
      ["markers on every line", '# 1 "a"\n'.repeat(100_000), []],
      ["a shift beyond all bits", "#if 1 << 0x7fffffffffffffff\n#endif\n#if -1 >> 99999999999\n#endif", []],
      ["a very long number", `#if ${"9".repeat(500_000)}\n#endif`, ["malformed-condition"]],
      ["quotes without an end", `#define A 1\n${'"'.repeat(500_000)}`, []],
      ["comments without an end", `#define A 1\n${"/*".repeat(500_000)}`, []],
      ["a comment in a directive without an end", `#define A /* ${long}\n`, []],
      ["a definition that goes on and on", `#define A ${"\\\n".repeat(300_000)}`, []],
    ];
    for (const [title, text, codes] of hostile) {
      it(title, () => {
        assert.deepEqual(run(text).codes, codes);
      });
    }

    it(`at ${MAX_EXPANSION} words`, () => {
      const uses = (count: number): string => `#define A ${"b ".repeat(999)}\n${"A\n".repeat(count)}`;
      assert.deepEqual(run(uses(MAX_EXPANSION / 1000)).codes, []);
      assert.deepEqual(run(uses(MAX_EXPANSION / 1000 + 1)).codes, ["macro-too-large"]);
    });

    it(`at ${MAX_SOURCE_BYTES} characters with all that is included`, () => {
      const files = { "b.x": `${"/".repeat(MAX_SOURCE_BYTES / 4 - 1)}\n` };
      const includes = (count: number): string => '#include "b.x"\n'.repeat(count);
      assert.deepEqual(run(includes(3), files).codes, []);
      assert.deepEqual(run(includes(5), files).codes, ["file-too-large"]);
    });
  });
});
