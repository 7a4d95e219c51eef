import assert from "node:assert/strict";
import { cases, expectedName, generated, read, write } from "./golden.ts";

const update = process.env.UPDATE_GOLDEN === "1";

describe("generated code, line by line (UPDATE_GOLDEN=1 renews what is expected)", () => {
  for (const name of cases) {
    it(name, async () => {
      const { files, diagnostics } = await generated(name);
      assert.deepEqual(
        diagnostics.filter((diagnostic) => diagnostic.severity === "error"),
        [],
      );
      assert(files.length > 0);
      for (const { path, text } of files) {
        const file = expectedName(path);
        if (update) write(name, file, text);
        assert.deepEqual(text.split("\n"), read(name, file)?.split("\n"), `${name}/${file}`);
      }
    });
  }

  it("is the same from run to run", async () => {
    // In the other order, so that what one case leaves behind would show in another.
    const first = new Map<string, unknown>();
    for (const name of cases) first.set(name, (await generated(name)).files);
    for (const name of [...cases].reverse()) assert.deepEqual((await generated(name)).files, first.get(name), name);
  });
});
