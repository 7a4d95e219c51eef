import assert from "node:assert/strict";
import { generate } from "../../../src/codegen/generate.ts";

describe("samples", () => {
  it("structs that each hold the one before twice do not double the text of their neutral values", async () => {
    const levels = 60;
    const structs = Array.from({ length: levels }, (_, i) => `struct s${i + 1} { s${i} a; s${i} b; };`);
    const text = `struct s0 { int a; int b; };
${structs.join("\n")}
program P { version V { s${levels} F(s${levels}) = 1; } = 1; } = 0x20000000;`;
    const { files, diagnostics } = await generate({
      sources: [{ path: "deep.x", text }],
      outputs: ["sample-client", "sample-server"],
    });
    assert.deepEqual(diagnostics, []);
    for (const file of files) assert(file.text.length < 100_000, `${file.path}: ${file.text.length} characters`);
    assert.equal(files.length, 2);
  });
});
