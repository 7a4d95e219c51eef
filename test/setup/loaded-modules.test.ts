import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./run.ts";

/** The files of this checkout that a fresh process loads when it imports a module, as V8's coverage lists them. */
async function loadedBy(name: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-loaded-"));
  try {
    const source = `await import(${JSON.stringify(name)});`;
    await run(process.execPath, ["--input-type=module", "-e", source], {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
    });
    const urls = readdirSync(folder).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { result: { url: string }[] };
      return result.map(({ url }) => url);
    });
    // "[eval1]" is the script itself.
    const files = urls
      .filter((url) => url.startsWith("file:"))
      .map((url) => relative(root, fileURLToPath(url)))
      .filter((file) => !file.startsWith("["));
    return [...new Set(files)].sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("what importing a part loads", () => {
  it("tsrpcgen/xdr: xdr alone", async () => {
    const files = await loadedBy("tsrpcgen/xdr");
    assert(files.includes("dist/src/xdr/index.js"));
    assert.deepEqual(
      files.filter((file) => !file.startsWith("dist/src/xdr/")),
      [],
    );
  });

  it("tsrpcgen/runtime: runtime and xdr, nothing of the generator, no package", async () => {
    const files = await loadedBy("tsrpcgen/runtime");
    assert(files.includes("dist/src/runtime/index.js"));
    assert.deepEqual(
      files.filter((file) => !/^dist\/src\/(runtime|xdr)\//.test(file)),
      [],
    );
  });
});
