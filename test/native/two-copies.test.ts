import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runScript } from "../ipc/node-script.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "./addon.ts";

const ours = fileURLToPath(new URL("../../src/ipc", import.meta.url));
const built = fileURLToPath(new URL("../../../native/build/Release/tsrpcgen.node", import.meta.url));

/** As of two packages in one program that depend on us: signal handlers belong to the process, and each copy has its own. */
describe("two copies of the addon in one process", () => {
  let folder = "";

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "the memory is Linux's"));
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-copy-"));
    cpSync(ours, join(folder, "ipc"), { recursive: true });
    cpSync(built, join(folder, "copy.node"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  });
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  /** `one` and `two` are tsrpcgen/ipc, each by an addon of its own; `orders` is each way round. */
  function script(body: string): string {
    return `
      const one = ipc;
      one.pageSize();
      process.env.TSRPC_NATIVE_PATH = ${JSON.stringify(join(folder, "copy.node"))};
      const two = await import(${JSON.stringify(pathToFileURL(join(folder, "ipc", "index.js")).href)});
      const orders = [[one, two], [two, one]];
      ${body}`;
  }

  it("each takes care of the memory that was truncated from under it, whichever was there first", async () => {
    const body = `
      const truncated = (by, name) => {
        const memory = by.PosixSharedMemory.open(name, { create: true, size: 8192 });
        by.PosixSharedMemory.unlink(name);
        const mapping = memory.map();
        mapping.bytes[5000] = 1;
        memory.resize(0);
        return mapping;
      };
      const mappings = orders.flat().map((by, index) => truncated(by, "/tsrpcgen-copies-" + process.pid + index));
      console.log(mappings.map(({ bytes, lostPages }) => bytes[5000]).join(), mappings.map(({ lostPages }) => lostPages).join());`;
    assert.equal(await runScript(script(body)), "0,0,0,0 1,1,1,1");
  });

  it("each receives a signal, whichever closes first; process.on has it then", async () => {
    const body = `
      const within = { timeoutMs: 5000 };
      // A listener alone keeps no process alive.
      const alive = setInterval(() => {}, 1000);
      for (const [x, y] of orders) {
        const [first, second] = [x, y].map((by) => by.SignalReceiver.open(["SIGUSR2"]));
        x.kill(process.pid, "SIGUSR2");
        const both = [await first.receive(within), await second.receive(within)];
        first.close();
        y.kill(process.pid, "SIGUSR2");
        both.push(await second.receive(within));
        // Over the other once more: neither calls the other for ever.
        const again = x.SignalReceiver.open(["SIGUSR2"]);
        x.kill(process.pid, "SIGUSR2");
        both.push(await again.receive(within), await second.receive(within));
        again.close();
        second.close();
        const heard = new Promise((resolve) => process.once("SIGUSR2", resolve));
        y.kill(process.pid, "SIGUSR2");
        console.log(both.map(({ signal }) => signal).join(), await heard);
      }
      // The later one closes first, too.
      for (const [x, y] of orders) {
        const [first, second] = [x, y].map((by) => by.SignalReceiver.open(["SIGUSR2"]));
        second.close();
        x.kill(process.pid, "SIGUSR2");
        console.log((await first.receive(within)).signal);
        first.close();
      }
      clearInterval(alive);`;
    const line = "SIGUSR2,SIGUSR2,SIGUSR2,SIGUSR2,SIGUSR2 SIGUSR2";
    assert.equal(await runScript(script(body)), [line, line, "SIGUSR2", "SIGUSR2"].join("\n"));
  });

  it("each ends its threads' waits", async () => {
    const body = `
      const controller = new AbortController();
      const waits = [one, two].map((by) => by.futexWait(by.Memfd.create("copies", { size: 4096 }).map(), 0, 0, controller)
        .catch((error) => error.name));
      setImmediate(() => controller.abort());
      console.log((await Promise.all(waits)).join());`;
    assert.equal(await runScript(script(body)), "AbortError,AbortError");
  });
});
