import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "./addon.ts";

/**
 * Faults of a process for each piece of a MiB and more that it takes, writes over and lets go, 32 between two collections. Each is longer
 * than all before: glibc learns from what was freed.
 */
function faultsOfEach(first: string, env: NodeJS.ProcessEnv = {}): number {
  const native = new URL("../../src/runtime/transport/native.js", import.meta.url).href;
  const script = `
    import { keepFreedMemory } from ${JSON.stringify(native)};
    ${first}
    let bytes = 2 ** 20;
    function take() {
      for (let i = 0; i < 32; i++) Buffer.allocUnsafeSlow((bytes += 4096)).fill(i);
      gc();
    }
    for (let i = 0; i < 5; i++) { take(); await new Promise(setImmediate); }
    const before = process.resourceUsage().minorPageFault;
    for (let i = 0; i < 10; i++) { take(); await new Promise(setImmediate); }
    console.log((process.resourceUsage().minorPageFault - before) / 320);`;
  const args = ["--expose-gc", "--input-type=module", "--eval", script];
  // A sanitizer brings an allocator of its own.
  const plain: NodeJS.ProcessEnv = { ...process.env, ...env };
  delete plain["LD_PRELOAD"];
  delete plain["TSRPC_NATIVE_PATH"];
  return Number(execFileSync(process.execPath, args, { encoding: "utf8", env: plain }));
}

describe("memory that was freed", () => {
  before(function () {
    skipFor(this, whyNoAddon());
    const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
    skipFor(this, glibcVersionRuntime === undefined ? "the allocator is not glibc's" : undefined);
  });

  it("is kept for the next large messages, once asked for", () => {
    const [asked, unasked] = [faultsOfEach("keepFreedMemory();"), faultsOfEach("")];
    assert.ok(unasked > 100, `${unasked} faults without it`);
    assert.ok(asked < unasked / 3, `${asked} faults with it, ${unasked} without`);
  });

  it("goes where the environment says, if it says so", () => {
    const faults = faultsOfEach("keepFreedMemory();", { MALLOC_TRIM_THRESHOLD_: "131072" });
    assert.ok(faults > 100, `${faults} faults`);
  });
});
