import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../back/golden.ts";
import { Folder, tsrpcgenBreaking } from "./support.ts";

const OLD = "struct point {\n    int x;\n    string name<10>;\n};\n";

describe("tsrpcgen breaking", () => {
  let folder: Folder;
  let old: string;

  beforeEach(() => {
    folder = new Folder();
    old = folder.write("old.x", OLD);
  });

  afterEach(() => {
    folder.remove();
  });

  it("0 and no word where peers see nothing", async () => {
    const now = folder.write("new.x", OLD.replace("name", "title"));
    assert.deepEqual(await tsrpcgenBreaking(old, now), { status: 0, stdout: "", stderr: "" });
  });

  it("1 and the list where there is an error", async () => {
    const now = folder.write("new.x", OLD.replace("int x", "hyper x"));
    const { status, stdout, stderr } = await tsrpcgenBreaking(old, now);
    assert.equal(status, 1);
    assert.equal(stderr, "");
    assert.equal(
      stdout,
      `${now}:2:5: error: point.x: it was int and is hyper; breaks NEW readers of what OLD writes, and OLD readers of what NEW writes [type-changed]\n` +
        "    2 |     hyper x;\n" +
        "      |     ^~~~~~~\n" +
        `${old}:2:5: note: before\n` +
        "    2 |     int x;\n" +
        "      |     ^~~~~\n",
    );
  });

  it("1 where only one of the pairs breaks", async () => {
    const now = folder.write("new.x", OLD.replace("10", "20"));
    const { status, stdout } = await tsrpcgenBreaking(old, now);
    assert.equal(status, 1);
    assert.match(stdout, /\[bound-widened\]$/m);
  });

  it("what is gone is shown where it was", async () => {
    const now = folder.write("new.x", "struct other { int x; };\n");
    const { stdout } = await tsrpcgenBreaking(old, now);
    assert(stdout.startsWith(`${old}:1:1: error: point: the type is gone;`), stdout);
    assert.doesNotMatch(stdout, /note:/);
  });

  it("2 where it can't compare", async () => {
    const now = folder.write("new.x", "struct point { lost x; };\n");
    for (const args of [
      [old, now],
      [now, old],
      [old, folder.at("none.x")],
    ]) {
      const { status, stdout, stderr } = await tsrpcgenBreaking(...args);
      assert.equal(status, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /unknown-type|can't read .*none\.x/);
    }
  });

  it("--format json: the list on standard output, mistakes on standard error", async () => {
    const now = folder.write("new.x", OLD.replace("int x", "hyper x"));
    const { status, stdout, stderr } = await tsrpcgenBreaking("--format", "json", old, now);
    assert.equal(status, 1);
    assert.equal(stderr, "[]\n");
    const [change, ...rest] = JSON.parse(stdout) as Record<string, unknown>[];
    assert.deepEqual(rest, []);
    assert.deepEqual(
      [change?.["severity"], change?.["code"], change?.["file"], change?.["line"]],
      ["error", "type-changed", now, 2],
    );
    const [note] = change?.["notes"] as Record<string, unknown>[];
    assert.deepEqual([note?.["file"], note?.["line"], note?.["column"]], [old, 2, 5]);
  });

  it("-D holds for both files", async () => {
    const text = "struct s { opaque a[N]; };\n#ifdef WIDE\nstruct t { int a; };\n#endif\n";
    const [before, after] = [folder.write("a.x", text), folder.write("b.x", text)];
    assert.equal((await tsrpcgenBreaking("-D", "N=4", "-DWIDE", before, after)).status, 0);
    assert.equal((await tsrpcgenBreaking(before, after)).status, 2, "N is not known");
  });

  it("as a process: misuse is trouble, too", function () {
    this.timeout(30_000);
    const now = folder.write("new.x", OLD.replace("int x", "hyper x"));
    const status = (...args: string[]): number | null =>
      spawnSync(process.execPath, [join(root, "bin/tsrpcgen.js"), "breaking", ...args]).status;
    assert.deepEqual([status(old, now), status(old, old), status(old), status("--help")], [1, 0, 2, 0]);
  });
});
