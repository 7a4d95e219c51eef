import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isAlive, ProcessHandle, processStartTime } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./node-script.ts";
import { skipFor } from "./skip.ts";

describe("processes", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer());
  });

  it("tells whether a process lives", async () => {
    const peer = await CPeer.start("signal");
    assert.equal(isAlive(peer.pid), true);
    peer.kill("SIGKILL");
    await peer.exit();
    assert.equal(isAlive(peer.pid), false);
    assert.equal(isAlive(process.pid), true);
    for (const pid of [0, -1, 1.5, 2 ** 31, NaN]) {
      assert.throws(() => isAlive(pid), RangeError);
      assert.throws(() => ProcessHandle.open(pid), RangeError);
    }
  });

  it("counts a process that may not be sent to as alive", async function () {
    if (process.getuid?.() !== 0) {
      console.log("      skipped: only root has a second user");
      return this.skip();
    }
    const output = await runScript(
      `await import("node:process"); process.setgid(65534); process.setuid(65534); console.log(ipc.isAlive(1));
       try { ipc.kill(1, 0); } catch (error) { console.log(error.code); }`,
    );
    assert.equal(output, "true\nEPERM");
  });

  it("waits for the end of a process, in all three forms", async () => {
    await using peer = await CPeer.start("signal");
    using handle = ProcessHandle.open(peer.pid);
    assert.equal(handle.pid, peer.pid);
    assert.equal(handle.tryExited(), false);
    assert.throws(
      () => {
        handle.exitedSync({ timeoutMs: 1 });
      },
      { code: "ETIMEDOUT", errno: -110, syscall: "poll" },
    );
    await assert.rejects(handle.exited({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "poll" });
    const exited = handle.exited();
    handle.sendSignal("SIGKILL");
    await exited;
    assert.equal(handle.tryExited(), true);
    handle.exitedSync();
    assert.equal(await peer.exit(), "SIGKILL");
    assert.throws(
      () => {
        handle.sendSignal(0);
      },
      { code: "ESRCH", errno: -3, syscall: "pidfd_send_signal" },
    );
    assert.throws(() => ProcessHandle.open(peer.pid), { code: "ESRCH", syscall: "pidfd_open" });
  });

  it("blocks until a process has ended", async () => {
    await using peer = await CPeer.start("signal");
    using handle = ProcessHandle.open(peer.pid);
    handle.sendSignal("SIGKILL");
    handle.exitedSync();
    assert.equal(handle.tryExited(), true);
  });

  it("waits for a process that is no child of ours", async () => {
    const shell = spawn("sh", ["-c", "sleep 1000 & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(shell.stdout, "data")) as [Buffer];
    using handle = ProcessHandle.open(Number(line));
    const exited = handle.exited();
    handle.sendSignal("SIGTERM");
    await exited;
  });

  it("tells one process from the next of its number", async () => {
    const started = processStartTime(process.pid) ?? -1;
    assert(Number.isInteger(started) && started > 0);
    ProcessHandle.open(process.pid, { startTime: started }).close();
    assert.throws(() => ProcessHandle.open(process.pid, { startTime: started - 1 }), { code: "ESRCH" });
    // A name that looks like fields.
    const child = spawn("sh", ["-c", "printf ') 1 2 3 (' > /proc/$$/comm; echo; read line"]);
    await once(child.stdout, "data");
    const childStarted = processStartTime(child.pid ?? -1) ?? -1;
    assert(childStarted >= started && childStarted < started + 100_000);
    child.stdin.end();
    await once(child, "exit");
    assert.equal(processStartTime(child.pid ?? -1), undefined);
  });

  it("works in a worker thread, and is closed as garbage", async () => {
    await using peer = await CPeer.start("signal");
    const worker = startWorker(
      `const handle = ipc.ProcessHandle.open(workerData);
       parentPort.postMessage("waits");
       await handle.exited();
       parentPort.postMessage("ended");`,
      peer.pid,
    );
    await once(worker, "message");
    peer.kill("SIGKILL");
    assert.deepEqual(await once(worker, "message"), ["ended"]);
    const output = await runScript(`
      import { readdirSync } from "node:fs";
      const open = () => readdirSync("/proc/self/fd").length;
      ipc.ProcessHandle.open(process.pid).close();
      const before = open();
      for (let i = 0; i < 100; i += 1) ipc.ProcessHandle.open(process.pid);
      const during = open();
      while (open() > before) { gc(); await new Promise(setImmediate); }
      console.log(during - before);`);
    assert.equal(output, "100");
  });
});
