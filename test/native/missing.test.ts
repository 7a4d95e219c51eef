import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { nativeUrl } from "./addon.ts";

/** Loads a copy of the door in a fresh process and asks it three times. */
async function ask(url: string, env: NodeJS.ProcessEnv): Promise<{ stdout: string; stderr: string }> {
  const source = `
    import { peerCredentials, setTcpUserTimeout } from ${JSON.stringify(url)};
    console.log("loaded");
    // Each tcp connection asks for it: that is no use that a warning is due for.
    if (setTcpUserTimeout(0, 1000)) console.log("there is an addon");
    await new Promise(setImmediate);
    console.error("--");
    console.log(peerCredentials(0), peerCredentials(0), peerCredentials(-1));`;
  return promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
    env: { ...process.env, ...env },
  });
}

function assertSaidOnce(stderr: string, reason: RegExp): void {
  const [before, after] = stderr.split("--\n");
  assert.equal(before, "", "nothing is said before the addon is needed");
  assert.equal(after?.match(/TSRPC_NATIVE_MISSING/g)?.length, 1, stderr);
  assert.match(stderr, reason);
  assert.match(stderr, /Missing without it: .*\n?.*sockets work\./);
}

describe("without the native addon", () => {
  it("hidden by TSRPC_NO_NATIVE=1: undefined, and one warning at the first use", async () => {
    const { stdout, stderr } = await ask(nativeUrl, { TSRPC_NO_NATIVE: "1" });
    assert.equal(stdout, "loaded\nundefined undefined undefined\n");
    assertSaidOnce(stderr, /TSRPC_NO_NATIVE=1 hides it/);
  });

  describe("in a package", () => {
    let folder: string;
    let url: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "tsrpcgen-missing-"));
      writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
      mkdirSync(join(folder, "lib/runtime/transport"), { recursive: true });
      mkdirSync(join(folder, "lib/ipc"));
      cpSync(fileURLToPath(nativeUrl), join(folder, "lib/runtime/transport/native.js"));
      cpSync(fileURLToPath(new URL("../../ipc/addon.js", nativeUrl)), join(folder, "lib/ipc/addon.js"));
      url = pathToFileURL(join(folder, "lib/runtime/transport/native.js")).href;
    });

    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it("without node-gyp-build: the same", async () => {
      const { stdout, stderr } = await ask(url, { TSRPC_NO_NATIVE: "" });
      assert.equal(stdout, "loaded\nundefined undefined undefined\n");
      assertSaidOnce(stderr, /Cannot find module 'node-gyp-build'/);
    });

    it("without a binary for this platform: the same", async () => {
      const gypBuild = fileURLToPath(new URL("../../../node_modules/node-gyp-build", import.meta.url));
      cpSync(gypBuild, join(folder, "node_modules/node-gyp-build"), { recursive: true });
      const { stdout, stderr } = await ask(url, { TSRPC_NO_NATIVE: "" });
      assert.equal(stdout, "loaded\nundefined undefined undefined\n");
      assertSaidOnce(stderr, /No native build was found/);
    });
  });
});
