/** A real process, which says on standard error when it has generated and is watching: nothing here waits for time to pass. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../back/golden.ts";
import { Folder } from "./support.ts";

const POINT = "struct point { int x; int y; };\n";

describe("tsrpcgen --watch", function () {
  this.timeout(60_000);
  let folder: Folder;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    child = undefined;
    folder.remove();
  });

  /** As many editors write a file: beside it, then in its place. */
  function put(name: string, text: string): void {
    folder.write("written.tmp", text);
    renameSync(folder.at("written.tmp"), folder.at(name));
  }

  /** Starts it. Each call of the function gives what it says up to the next time that it watches. */
  function watching(...args: string[]): () => Promise<string[]> {
    child = spawn(process.execPath, [join(root, "bin/tsrpcgen.js"), "--watch", ...args], {
      cwd: folder.path,
      stdio: ["ignore", "inherit", "pipe"],
    });
    assert(child.stderr);
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    return async () => {
      const said: string[] = [];
      for (;;) {
        const { value, done } = (await lines.next()) as { value: string; done?: boolean };
        if (done === true) throw new Error(`it has ended, and said ${said.join("\n")}`);
        said.push(value);
        if (value.includes("watching")) return said;
      }
    };
  }

  it("generates when an input is replaced, taken away, put back and written, until SIGINT", async () => {
    put("point.x", POINT);
    const next = watching("point.x");
    assert.deepEqual(await next(), ["tsrpcgen: wrote 1 file; watching 1 file"]);
    assert.match(folder.read("point.ts"), /y: number/);

    put("point.x", POINT.replace("int y", "hyper y"));
    assert.deepEqual(await next(), ["tsrpcgen: wrote 1 file; watching 1 file"]);
    assert.match(folder.read("point.ts"), /y: bigint/);

    unlinkSync(folder.at("point.x"));
    assert.deepEqual(await next(), [
      "tsrpcgen: can't read point.x: no such file or directory",
      "tsrpcgen: nothing is written; watching 0 files",
    ]);
    put("point.x", POINT);
    assert.deepEqual(await next(), ["tsrpcgen: wrote 1 file; watching 1 file"]);

    // Emptied first, then written: it may be met between the two.
    folder.write("point.x", POINT.replace("int y", "bool y"));
    do await next();
    while (!/y: boolean/.test(folder.read("point.ts")));

    child?.kill("SIGINT");
    assert(child);
    assert.deepEqual(await once(child, "exit"), [0, null]);
    assert.deepEqual(folder.files(), ["point.ts", "point.x"]);
  });

  it("mistakes don't end it, and nothing is written", async () => {
    put("point.x", POINT);
    const next = watching("point.x");
    await next();
    const before = folder.read("point.ts");
    put("point.x", POINT.replace("int y", "lost y"));
    const said = await next();
    assert.match(said[0] ?? "", /^point\.x:1:23: error: .*\[unknown-type\]$/);
    assert.equal(said.at(-1), "tsrpcgen: nothing is written; watching 1 file");
    assert.equal(folder.read("point.ts"), before);
    put("point.x", POINT);
    assert.deepEqual(await next(), ["tsrpcgen: wrote 0 files; watching 1 file"]);
  });

  it("watches what is included, what is missing, and what a link leads to", async () => {
    mkdirSync(folder.at("inc"));
    mkdirSync(folder.at("elsewhere"));
    put("elsewhere/real.x", '#include "later.x"\nstruct s { later l; };\n');
    symlinkSync("elsewhere/real.x", folder.at("main.x"));
    const next = watching("--include", "inc", "main.x");
    const missing = await next();
    assert.match(missing.join("\n"), /\[include-not-found\]/);
    assert.equal(missing.at(-1), "tsrpcgen: nothing is written; watching 1 file");
    put("inc/later.x", "typedef int later;\n");
    assert.deepEqual(await next(), ["tsrpcgen: wrote 2 files; watching 2 files"]);
    put("inc/later.x", "typedef hyper later;\n");
    assert.deepEqual(await next(), ["tsrpcgen: wrote 2 files; watching 2 files"]);
    put("elsewhere/real.x", '#include "later.x"\nstruct s { later l; int more; };\n');
    assert.deepEqual(await next(), ["tsrpcgen: wrote 1 file; watching 2 files"]);
    assert.match(folder.read("main.ts"), /more: number/);
  });

  it("a folder that is made anew is watched anew", async () => {
    mkdirSync(folder.at("src"));
    put("src/point.x", POINT);
    const next = watching("-o", "out", "src/point.x");
    await next();
    rmSync(folder.at("src"), { recursive: true });
    assert.match((await next()).join("\n"), /can't read src\/point\.x/);
    mkdirSync(folder.at("src"));
    put("src/point.x", POINT.replace("int y", "hyper y"));
    assert.deepEqual(await next(), ["tsrpcgen: wrote 1 file; watching 1 file"]);
    assert.match(folder.read("out/point.ts"), /y: bigint/);
  });

  it("files that stay as they are keep their dates; many changes at once are one", async () => {
    put("a.x", POINT);
    put("b.x", POINT);
    const next = watching("a.x", "b.x");
    assert.deepEqual(await next(), ["tsrpcgen: wrote 2 files; watching 2 files"]);
    const { mtimeMs } = statSync(folder.at("b.ts"));
    for (let fields = 1; fields <= 20; fields++) {
      put("a.x", `struct point { ${Array.from({ length: fields }, (_, at) => `int f${at};`).join(" ")} };\n`);
      folder.write("other.txt", "of no concern");
    }
    // What comes while it generates gives another run: the last one has all.
    let runs = 0;
    do {
      runs++;
      await next();
    } while (!folder.read("a.ts").includes("f19"));
    assert(runs < 10, `${runs} runs`);
    assert.equal(statSync(folder.at("b.ts")).mtimeMs, mtimeMs);
  });

  it("--format json: a document for each run", async () => {
    put("point.x", POINT);
    child = spawn(process.execPath, [join(root, "bin/tsrpcgen.js"), "--watch", "--format", "json", "point.x"], {
      cwd: folder.path,
      stdio: ["ignore", "inherit", "pipe"],
    });
    assert(child.stderr);
    let text = "";
    for await (const piece of child.stderr) {
      text += String(piece);
      if (text.endsWith("]\n")) break;
    }
    const [note, ...rest] = JSON.parse(text) as { message: string }[];
    assert.deepEqual(rest, []);
    assert.equal(note?.message, "wrote 1 file; watching 1 file");
  });
});
