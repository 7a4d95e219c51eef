/**
 * Generated code, line by line. After a change on purpose `UPDATE_GOLDEN=1` writes the files anew; read the difference
 * before you commit it.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderDiagnostics } from "../../../src/codegen/render-diagnostic.ts";
import { generateGolden, goldenCases, goldenFolder } from "./support.ts";

const update = process.env["UPDATE_GOLDEN"] === "1";

describe("golden files", () => {
  for (const name of goldenCases) {
    it(name, async () => {
      const folder = join(goldenFolder, name);
      const { files, diagnostics } = await generateGolden(name);
      const text = readFileSync(join(folder, "input.x"), "utf8");
      const outputs = new Map(files.map((file) => [file.path, file.text]));
      // What was said of it: only where there was something to say.
      if (diagnostics.length > 0) outputs.set("expected.txt", renderDiagnostics(diagnostics, text));
      assert.ok(files.length > 0, outputs.get("expected.txt"));
      const present = readdirSync(folder).filter((file) => file !== "input.x");
      if (update) {
        for (const file of present) if (!outputs.has(file)) rmSync(join(folder, file));
        for (const [file, output] of outputs) writeFileSync(join(folder, file), output);
      }
      for (const [file, output] of outputs) {
        const path = join(folder, file);
        const expected = existsSync(path) ? readFileSync(path, "utf8") : "";
        assert.deepEqual(output.split("\n"), expected.split("\n"), `${name}/${file}`);
      }
      if (!update) assert.deepEqual([...outputs.keys()].toSorted(), present.toSorted());
    });
  }
});
