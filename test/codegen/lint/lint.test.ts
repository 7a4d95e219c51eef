/**
 * Each doubt has a case: test/lint/<code>.x, and beside it in <code>.txt what people get to read. The case shows what is
 * no doubt, too. After a change on purpose, `UPDATE_EXPECTED=1` writes the latter anew.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diagnosticCodes } from "../../../src/codegen/diagnostic-codes.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { generate } from "../../../src/codegen/generate.ts";
import type { Doubt } from "../../../src/codegen/lint/context.ts";
import { lint } from "../../../src/codegen/lint/lint.ts";
import { lintCodes } from "../../../src/codegen/lint/lint-codes.ts";
import type { SourceTexts } from "../../../src/codegen/preprocess/source.ts";
import { renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";

const folder = "test/lint";
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".x"))
  .map((file) => file.slice(0, -2));

function doubtsOf(file: string, text: string): { doubts: readonly Doubt[]; texts: SourceTexts } {
  const { model, specification, diagnostics, texts } = analyze(file, text);
  assert.deepEqual(diagnostics, []);
  assert.ok(model);
  return { doubts: lint(specification, model), texts };
}

describe("lint", () => {
  it("has a case for each code, and no other; none is a diagnostic's", () => {
    const codes = Object.keys(lintCodes);
    assert.deepEqual(cases.toSorted(), codes.toSorted());
    assert.deepEqual(
      codes.filter((code) => Object.hasOwn(diagnosticCodes, code)),
      [],
    );
  });

  for (const code of cases) {
    it(code, () => {
      const { doubts, texts } = doubtsOf(`${code}.x`, readFileSync(join(folder, `${code}.x`), "utf8"));
      const rendered = renderDiagnostics(doubts, texts);
      const expectedFile = join(folder, `${code}.txt`);
      if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(expectedFile, rendered);
      assert.equal(rendered, readFileSync(expectedFile, "utf8"));
      assert.ok(doubts.some((doubt) => doubt.code === code));
    });
  }

  it("has none about what gives none", () => {
    const text =
      "struct point { int x; string name<8>; };\nprogram P { version V { point F(point) = 1; } = 1; } = 0x20000001;";
    assert.deepEqual(doubtsOf("fine.x", text).doubts, []);
  });

  it("comes with generate() where it is asked for; what is included is another file's", async () => {
    const included = new TextEncoder().encode("typedef opaque handle<>;\n");
    const given = {
      sources: [{ path: "a.x", text: '#include "b.x"\nstruct s { handle h; string name<>; };\n' }],
      readFile: (path: string) => (path === "b.x" ? included : undefined),
    };
    const withDoubts = await generate({ ...given, lint: true });
    assert.deepEqual(
      withDoubts.diagnostics.map(({ code, severity, span }) => [code, severity, span.file]),
      [["unbounded-string", "warning", "a.x"]],
    );
    const without = await generate(given);
    assert.deepEqual(without.diagnostics, []);
    assert.deepEqual(without.files, withDoubts.files, "a doubt changes nothing");
  });

  it("says nothing of a file with errors", async () => {
    const sources = [{ path: "a.x", text: "struct s { string name<>; lost l; };\n" }];
    const { diagnostics } = await generate({ sources, lint: true });
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ["unknown-type"],
    );
  });
});
