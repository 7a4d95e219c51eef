/**
 * Each diagnostic has a case: test/bad/<code>.x, and beside it in <code>.txt what people get to read, which holds code,
 * place and underlined text. After a change on purpose, `UPDATE_EXPECTED=1` writes the latter anew.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diagnosticCodes } from "../../../src/codegen/diagnostic-codes.ts";
import type { Diagnostic } from "../../../src/codegen/diagnostics.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { MAX_SOURCE_BYTES } from "../../../src/codegen/limits.ts";
import { nameModel } from "../../../src/codegen/names.ts";
import { SourceText, type SourceTexts } from "../../../src/codegen/preprocess/source.ts";
import { readSource } from "../../../src/codegen/read-source.ts";
import { renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";
import { readFromDisk, SourceReader } from "../../../src/codegen/source-reader.ts";

const folder = "test/bad";
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".x"))
  .map((file) => file.slice(0, -2));

/** Included files lie in a folder of their own: they are no cases. */
const reader = new SourceReader({ readFile: (path) => readFromDisk(join(folder, path)) });

function diagnose(file: string): { texts: SourceTexts; diagnostics: readonly Diagnostic[]; hasModel: boolean } {
  const { text, diagnostics } = readSource(file, readFileSync(join(folder, file)));
  const texts = new Map([[file, new SourceText(file, text)]]);
  if (diagnostics.some(({ severity }) => severity === "error")) return { texts, diagnostics, hasModel: false };
  // A file beyond the bound is no thing to keep in a repository.
  const shown = file === "file-too-large.x" ? text + " ".repeat(MAX_SOURCE_BYTES) : text;
  const analysis = analyze(file, shown, { reader });
  const collisions = analysis.model === undefined ? [] : nameModel(analysis.model).diagnostics;
  return {
    texts: analysis.texts,
    diagnostics: [...diagnostics, ...analysis.diagnostics, ...collisions],
    hasModel: analysis.model !== undefined,
  };
}

describe("diagnostics", () => {
  it("have a case for each code, and no other", () => {
    assert.deepEqual(cases.toSorted(), Object.keys(diagnosticCodes).toSorted());
  });

  for (const code of cases) {
    it(code, () => {
      const { texts, diagnostics, hasModel } = diagnose(`${code}.x`);
      const rendered = renderDiagnostics(diagnostics, texts);
      const expectedFile = join(folder, `${code}.txt`);
      if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(expectedFile, rendered);
      assert.equal(rendered, readFileSync(expectedFile, "utf8"));
      assert.ok(diagnostics.some((diagnostic) => diagnostic.code === code));
      const hasError = diagnostics.some(({ severity }) => severity === "error");
      assert.equal(hasModel, !hasError, "there is a model where there is no error");
      for (const { code: each, severity } of diagnostics) {
        assert.equal(severity, (diagnosticCodes as Record<string, { severity: string }>)[each]?.severity);
      }
    });
  }
});
