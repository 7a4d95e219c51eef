import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { DocsPage, DocsProject } from "../setup/docs.ts";
import { root, run } from "../setup/run.ts";

describe("docs/runtime.md", function () {
  this.timeout(60_000);
  const page = new DocsPage("docs/runtime.md");
  let project: DocsProject;

  before(async () => {
    project = new DocsProject(page);
    const [, source] = /^```x file=counter\.x\n([^]*?)^```$/m.exec(page.text) ?? [];
    assert(source !== undefined);
    const file = join(project.folder, "counter.x");
    writeFileSync(file, source);
    await run(process.execPath, [join(root, "bin/tsrpcgen.js"), "--sync", file]);
    await project.compile();
  });

  after(() => {
    project[Symbol.dispose]();
  });

  for (const program of page.programs) {
    it(`${program.name} prints what it says`, async function () {
      if (program.text.includes("SyncClient")) skipFor(this, whyNoAddon());
      const path = join(project.folder, "portmap.sock");
      await using portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket: path });
      await portmapper.listen();
      const stdout = await project.runProgram(program, { TSRPC_PORTMAP: path, XDG_RUNTIME_DIR: project.folder });
      assert.equal(stdout, program.output);
    });
  }

  it("has programs", () => {
    assert.equal(page.programs.length, 7);
    assert.equal(page.marked, 7);
  });

  it("names tests that there are", () => {
    for (const path of page.namedTests) assert(existsSync(join(root, path)), path);
  });
});
