import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./run.ts";

/** The files of this checkout that a fresh process loads when it imports a module. */
function loadedBy(name: string): Promise<string[]> {
  return loadedIn(["--input-type=module", "-e", `await import(${JSON.stringify(name)});`]);
}

/** The files of this checkout that Node loads with these arguments, as V8's coverage lists them. */
async function loadedIn(args: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-loaded-"));
  try {
    await run(process.execPath, args, { env: { ...process.env, NODE_V8_COVERAGE: folder } });
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

/** What shm has no use for. */
const PRIMITIVES =
  /^dist\/src\/ipc\/(index|sysv.*|posix.*|ring.*|mailbox.*|futex|event-fd|pipe|signals|process|udp-socket)\.js$/;

describe("what importing a part loads", () => {
  it("tsrpcgen/xdr: xdr alone", async () => {
    const files = await loadedBy("tsrpcgen/xdr");
    assert(files.includes("dist/src/xdr/index.js"));
    assert.deepEqual(
      files.filter((file) => !file.startsWith("dist/src/xdr/")),
      [],
    );
  });

  it("tsrpcgen/runtime: runtime, xdr and what finds the addon, nothing of the generator, no package", async () => {
    const files = await loadedBy("tsrpcgen/runtime");
    assert(files.includes("dist/src/runtime/index.js"));
    assert.deepEqual(
      files.filter((file) => !/^dist\/src\/(runtime\/|xdr\/|ipc\/addon\.js$)/.test(file)),
      [],
    );
  });

  it("tsrpcgen/runtime/sync: the runtime, xdr, and of the primitives what shm is made of", async () => {
    const files = await loadedBy("tsrpcgen/runtime/sync");
    assert(files.includes("dist/src/runtime/sync/index.js"));
    assert.deepEqual(
      files.filter((file) => !/^dist\/src\/(runtime\/|xdr\/|ipc\/)/.test(file) || PRIMITIVES.test(file)),
      [],
    );
  });

  it("tsrpcgen/runtime: nothing of what blocks", async () => {
    assert.deepEqual(
      (await loadedBy("tsrpcgen/runtime")).filter((file) => /\/sync[/-]/.test(file)),
      [],
    );
  });

  it("tsrpcgen/portmapper: no command, no package", async () => {
    const files = await loadedBy("tsrpcgen/portmapper");
    assert(files.includes("dist/src/portmapper/index.js"));
    assert.deepEqual(
      files.filter((file) => !/^dist\/src\/(portmapper(?!\/cli)\/|runtime\/|xdr\/|ipc\/addon\.js$)/.test(file)),
      [],
    );
  });

  const packages = (files: readonly string[]): string[] => [
    ...new Set(files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter((it) => it !== undefined)),
  ]; // prettier-ignore

  for (const what of ["ast", "model"]) {
    it(`tsrpcgen --emit ${what}: neither what prints modules, nor what formats and compares them`, async () => {
      const files = await loadedIn(["bin/tsrpcgen.js", "--emit", what, "examples/date.x"]);
      assert(files.includes("dist/src/codegen/json/emit.js"));
      assert.deepEqual(
        packages(files).filter((name) => ["ts-morph", "@ts-morph/common", "typescript", "prettier", "diff"].includes(name)),
        [],
      ); // prettier-ignore
      assert(packages(files).includes("commander"), "packages are seen");
    });
  }

  it("tsrpcgen: what compares texts for --check alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-loaded-"));
    try {
      const args = ["bin/tsrpcgen.js", "-o", folder, "examples/date.x"];
      assert(!packages(await loadedIn(args)).includes("diff"));
      assert(!packages(await loadedIn([...args, "--check"])).includes("diff"), "there is no difference");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
