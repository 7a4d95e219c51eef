import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { whyNoAddon } from "../native/addon.ts";
import { DocsPage, DocsProject } from "../setup/docs.ts";
import { root } from "../setup/run.ts";
import { skipFor } from "./skip.ts";

describe("docs/ipc.md", () => {
  const page = new DocsPage("docs/ipc.md");

  describe("its programs", function () {
    this.timeout(60_000);
    let project: DocsProject | undefined;

    before(async function () {
      skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "they are Linux's"));
      project = new DocsProject(page);
      await project.compile();
    });

    after(() => {
      project?.[Symbol.dispose]();
    });

    for (const program of page.programs) {
      it(`${program.name}, "${program.heading}", prints what it says`, async () => {
        assert.equal(await project?.runProgram(program), program.output);
      });
    }
  });

  it("has a program for each mechanism, and none that is not run", () => {
    assert.equal(page.programs.length, 25);
    assert.equal(page.marked, page.programs.length);
  });

  it("names tests that there are", () => {
    assert.notEqual(page.namedTests.length, 0);
    for (const path of page.namedTests) assert(existsSync(join(root, path)), path);
  });
});
