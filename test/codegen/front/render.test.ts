import assert from "node:assert/strict";
import type { Diagnostic } from "../../../src/codegen/diagnostics.ts";
import { readSource } from "../../../src/codegen/read-source.ts";
import { positionOf, renderDiagnostic, renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";
import { SourceText, type SourceTexts } from "../../../src/codegen/preprocess/source.ts";
import { analyze } from "../../../src/codegen/front-end.ts";

/** A diagnostic that points to the first `marked` of a text. */
function at(text: string, marked: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(marked);
  const span = { file: "a.x", start, end: start + marked.length };
  return { code: "syntax", severity: "error", message: "what is wrong", span, ...more };
}

function texts(text: string): SourceTexts {
  return new Map([["a.x", new SourceText("a.x", text)]]);
}

function lines(diagnostic: Diagnostic, text: string): string[] {
  return renderDiagnostic(diagnostic, texts(text)).split("\n");
}

describe("rendering", () => {
  it("shows place, line, underline, notes and hint", () => {
    const text = "int a;\nint bcd;\n";
    const note = { message: "first here", span: at(text, "a").span };
    assert.deepEqual(lines(at(text, "bcd", { notes: [note], hint: "do this", severity: "warning" }), text), [
      "a.x:2:5: warning: what is wrong [syntax]",
      "    2 | int bcd;",
      "      |     ^~~",
      "a.x:1:5: note: first here",
      "    1 | int a;",
      "      |     ^",
      "hint: do this",
    ]);
  });

  it("expands tabs, and counts one column for each", () => {
    const text = "\tint\tbad;";
    assert.deepEqual(lines(at(text, "bad"), text), [
      "a.x:1:6: error: what is wrong [syntax]",
      "    1 |         int     bad;",
      "      |                 ^~~",
    ]);
  });

  it("gives wide characters two columns, and marks that combine none", () => {
    const text = "/* 漢字 e\u0301 */ bad";
    assert.deepEqual(lines(at(text, "bad"), text).slice(1), [
      "    1 | /* 漢字 e\u0301 */ bad",
      `      | ${" ".repeat(13)}^~~`,
    ]);
  });

  it("ends lines at CRLF, too", () => {
    const text = "one\r\ntwo bad\r\nthree";
    assert.deepEqual(lines(at(text, "bad\r\nthree"), text), [
      "a.x:2:5: error: what is wrong [syntax]",
      "    2 | two bad",
      "      |     ^~~",
    ]);
  });

  it("points behind the last character at the end of the file", () => {
    const text = "const A = 1";
    const [diagnostic] = analyze("a.x", text).diagnostics;
    assert.ok(diagnostic);
    assert.deepEqual(lines(diagnostic, text), [
      "a.x:1:12: error: expected ';' after '1', found the end of the file [syntax]",
      "    1 | const A = 1",
      "      |            ^",
    ]);
  });

  it("cuts long lines around the span", () => {
    const text = `${"x".repeat(5000)} bad ${"y".repeat(5000)}`;
    const [, source = "", underline = ""] = lines(at(text, "bad"), text);
    assert.ok(source.length < 200);
    assert.equal(source.slice(underline.indexOf("^"), underline.indexOf("^") + 3), "bad");
  });

  it("lets no control character through to the terminal", () => {
    const text = "a\x1b[31m\u202e bad";
    const rendered = renderDiagnostic(at(text, "bad", { message: "odd \x1b[2J" }), texts(text));
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    assert.doesNotMatch(rendered, /[\x00-\x09\x0b-\x1f\u202e]/);
    assert.match(rendered, /␛\[31m/);
  });

  it("colours only on request", () => {
    const text = "bad";
    assert.doesNotMatch(renderDiagnostic(at(text, "bad"), texts(text)), /\x1b/); // eslint-disable-line no-control-regex -- the escape of colours
    assert.match(renderDiagnostic(at(text, "bad"), texts(text), { color: true }), /\x1b\[1;31merror:\x1b\[0m/); // eslint-disable-line no-control-regex -- the escape of colours
  });

  it("joins several", () => {
    assert.equal(renderDiagnostics([], texts("x")), "");
    assert.equal(renderDiagnostics([at("bad", "bad"), at("bad", "bad")], texts("bad")).split("\n\n").length, 2);
  });

  it("counts positions from 1, in UTF-16 code units", () => {
    assert.deepEqual(positionOf({ file: "a.x", start: 5, end: 5 }, texts("ab\n😀c")), {
      file: "a.x",
      line: 2,
      column: 3,
    });
    assert.deepEqual(positionOf({ file: "b.x", start: 0, end: 0 }, texts("")), { file: "b.x", line: 1, column: 1 });
  });
});

describe("syntax errors", () => {
  const messages = (text: string): string[] =>
    analyze("a.x", text).diagnostics.map(({ message, span }) => `${span.start}: ${message}`);
  const wanted = "expected a definition (const, enum, struct, union, typedef or program)";

  it("name the token before, where there is one", () => {
    assert.deepEqual(messages("foo bar baz;\nstruct a { int x; };"), [`0: ${wanted}, found 'foo'`]);
    assert.deepEqual(messages("foo;"), [`0: ${wanted}, found 'foo'`]);
    assert.deepEqual(messages("struct a { int x; };\nfoo bar baz;\nstruct b { int x; };"), [
      `21: ${wanted} after ';', found 'foo'`,
    ]);
  });

  const others: readonly (readonly [line: string, hint: RegExp])[] = [
    ["package RXAFSCB_", /rxgen/],
    ["statindex 13", /rxgen/],
    ["Probe(IN struct AFSFid *a, OUT int *b) split = 204;", /rxgen/],
    ["include(const_sizes.x)", /m4/],
    ["changequote([, ])", /m4/],
    ["dnl a remark", /m4/],
  ];
  for (const [line, hint] of others) {
    it(`know another language by '${line}'`, () => {
      const { diagnostics } = analyze("a.x", `const A = 1;\n${line}\nconst B = 2;\n`);
      assert.match(diagnostics.map((each) => each.hint).join("\n"), hint);
    });
  }

  it("know no other language in mistakes of this one", () => {
    const { diagnostics } = analyze("a.x", "struct a { int IN }\nenum b { split multi };\ninclude <foo>\n");
    assert.doesNotMatch(diagnostics.map(({ hint }) => hint).join("\n"), /rxgen|m4/);
  });
});

describe("readSource", () => {
  const read = (bytes: number[]): ReturnType<typeof readSource> => readSource("a.x", Uint8Array.from(bytes));

  it("takes UTF-8, and drops a byte order mark", () => {
    assert.deepEqual(read([0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9]), { text: "aé", diagnostics: [] });
  });

  it("leaves out what DOS and editors put at the end of a text", () => {
    assert.deepEqual(read([0x61, 0x0a, 0x1a, 0x00, 0x00]), { text: "a\n", diagnostics: [] });
    assert.deepEqual(analyze("a.x", "const A = 1;\x1a\0").diagnostics, []);
    assert.deepEqual(
      analyze("a.x", "const A = 1;\x1a\n").diagnostics.map(({ code }) => code),
      ["illegal-character"],
    );
  });

  it("reads what is no UTF-8 as Latin-1, and what Windows adds to it but in strings", () => {
    const text = (source: string): string => read([...Buffer.from(source, "latin1")]).text;
    assert.equal(text('/* \xe9 */ "\xe9"'), '/* é */ "é"');
    assert.equal(text('// \x93a\x94 \x81\n%\x80\nb "\x80\\"\x80" \x80'), '// “a” \x81\n%€\nb "\x80\\"\x80" €');
    assert.equal(text("\xef\xbb\xbf// \xe9"), "// é");
    const [warning] = read([0xef, 0xbb, 0xbf, 0x20, 0xe9]).diagnostics;
    assert.deepEqual([warning?.severity, warning?.span.start], ["warning", 1]);
    assert.match(warning?.message ?? "", /byte 0xe9 at offset 4$/);
  });

  it("what stands outside of comments and strings is a mistake then", () => {
    const { text } = read([
      ...Buffer.from('/* \xe9 */ const A = "\xe9";\r\n%\xe9\r\nstruct caf\xe9 { int x; };', "latin1"),
    ]);
    const { diagnostics } = analyze("a.x", text);
    assert.deepEqual(
      diagnostics.map(({ code, span }) => [code, text.slice(span.start, span.end)]),
      [["illegal-character", "é"]],
    );
    const { model } = analyze("a.x", text.replace("café", "cafe"));
    assert.deepEqual(
      model?.definitions.map((each) => each.kind === "const" && each.value),
      ["é", false],
    );
  });

  const wrong: readonly (readonly [string, number[], number, string])[] = [
    ["a Latin-1 letter", [0x61, 0xe9, 0x20], 1, "0xe9"],
    ["a character cut at the end", [0x61, 0xc3, 0xa9, 0xe2, 0x82], 3, "0xe2"],
    ["a character cut in the middle", [0xf0, 0x9f, 0x98, 0x61], 0, "0xf0"],
    ["a lone continuation", [0x61, 0x62, 0x80], 2, "0x80"],
    ["an overlong form", [0xc0, 0xaf], 0, "0xc0"],
    ["a surrogate", [0x20, 0xed, 0xa0, 0x80], 1, "0xed"],
  ];
  for (const [title, bytes, start, byte] of wrong) {
    it(`points to ${title}`, () => {
      const [diagnostic] = read(bytes).diagnostics;
      assert.equal(diagnostic?.code, "invalid-utf8");
      assert.deepEqual(diagnostic.span, { file: "a.x", start, end: start + 1 });
      assert.ok(diagnostic.message.includes(byte), diagnostic.message);
    });
  }

  it("knows a binary by its NUL bytes, and says so once", () => {
    const { diagnostics } = read([0x7f, 0x45, 0x4c, 0x46, 0x00, 0x00, 0xff]);
    assert.deepEqual(
      diagnostics.map(({ code, span }) => [code, span.start]),
      [["binary-file", 4]],
    );
    assert.deepEqual(
      analyze("a.x", "const A = 1;\0\0\0const").diagnostics.map(({ code }) => code),
      ["binary-file"],
    );
  });

  it("a byte order mark in the text itself is white space", () => {
    assert.deepEqual(analyze("a.x", "\ufeffconst A = 1;").diagnostics, []);
  });
});
