/** Generated modules, samples among them, pass the type checks of the projects that they may land in. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goldenCases } from "./support.ts";
import { compile, compiledGolden, goldenWorkspace } from "./workspace.ts";

describe("golden modules and type tests compile", function () {
  this.timeout(120_000);
  this.slow(20_000);

  it("with TypeScript 6 and each strict flag", async () => {
    const folder = await compiledGolden();
    for (const name of goldenCases) assert.ok(existsSync(join(folder, name, "expected.js")), name);
  });

  it("with TypeScript 7 and what its --init writes", async () => {
    const folder = goldenWorkspace();
    await compile("typescript-7", folder, ["--init"]);
    const path = join(folder, "tsconfig.json");
    const written = readFileSync(path, "utf8");
    // The two changes that the quick start tells of: `await using` has to be lowered for Node 20, and there is `console`.
    const changed = written
      .replace(/"target": "esnext"/, '"target": "ES2022"')
      .replace(/"types": \[\]/, '"types": ["node"]');
    assert.notEqual(changed, written);
    writeFileSync(path, changed);
    await compile("typescript-7", folder, ["-p", ".", "--noEmit"]);
  });
});
