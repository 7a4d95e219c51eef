import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { promisify } from "node:util";
import { kill, signalNumber, SignalReceiver, sigqueue, type SignalName } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./node-script.ts";
import { skipFor } from "./skip.ts";

const uid = process.getuid?.() ?? -1;
const pid = process.pid;

describe("signals", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer());
  });

  it("names signals as C numbers them", async () => {
    await using peer = await CPeer.start("signal");
    const [first = 0, last = 0] = (await peer.line()).split(" ").map(Number);
    assert.equal(signalNumber("SIGUSR1"), constants.signals.SIGUSR1);
    assert.equal(signalNumber("SIGRTMIN"), first);
    assert.equal(signalNumber("SIGRTMIN+2"), first + 2);
    assert.equal(signalNumber("SIGRTMAX-1"), last - 1);
    assert.equal(signalNumber("SIGRTMAX"), last);
    for (const name of ["SIGRTMIN+31", "SIGRTMAX-99", "SIGRTMIN-1", "SIGNONE", "toString"] as SignalName[])
      assert.throws(() => signalNumber(name), RangeError, name);
  });

  for (const form of ["tryReceive", "receive", "receiveSync"] as const) {
    it(`receives by ${form} what a C program kills and queues`, async () => {
      using receiver = SignalReceiver.open(["SIGUSR2", "SIGRTMIN+2"]);
      await using peer = await CPeer.start("signal");
      await peer.line();
      const first = form === "receive" ? receiver.receive() : undefined;
      // The kernel has put it in before kill returns there, but which of our threads handles it when is our own matter.
      assert.equal(await peer.ask(`kill ${String(pid)} ${String(signalNumber("SIGUSR2"))}`), "0");
      assert.deepEqual(await (first ?? received(receiver, form)), {
        signal: "SIGUSR2",
        number: signalNumber("SIGUSR2"),
        pid: peer.pid,
        uid,
        value: undefined,
        code: 0,
      });
      assert.equal(await peer.ask(`queue ${String(pid)} ${String(signalNumber("SIGRTMIN+2"))} -77`), "0");
      assert.deepEqual(await received(receiver, form), {
        signal: "SIGRTMIN+2",
        number: signalNumber("SIGRTMIN+2"),
        pid: peer.pid,
        uid,
        value: -77,
        code: -1,
      });
      assert.equal(receiver.tryReceive(), undefined);
    });
  }

  it("sends to a C program", async () => {
    await using peer = await CPeer.start("signal");
    await peer.line();
    kill(peer.pid, "SIGUSR1");
    const usr1 = String(signalNumber("SIGUSR1"));
    assert.equal(await peer.ask("wait"), `${usr1} code 0 pid ${String(pid)} uid ${String(uid)} value 0`);
    sigqueue(peer.pid, "SIGRTMAX", -(2 ** 31));
    const last = String(signalNumber("SIGRTMAX"));
    assert.equal(await peer.ask("wait"), `${last} code -1 pid ${String(pid)} uid ${String(uid)} value -2147483648`);
    kill(peer.pid, 0);
  });

  it("fails as the system does", () => {
    assert.throws(
      () => {
        kill(2 ** 30, "SIGUSR1");
      },
      { code: "ESRCH", errno: -3, syscall: "kill" },
    );
    assert.throws(
      () => {
        sigqueue(2 ** 30, "SIGUSR1", 0);
      },
      { code: "ESRCH", syscall: "sigqueue" },
    );
    assert.throws(
      () => {
        sigqueue(pid, "SIGUSR1", 2 ** 31);
      },
      { code: "ERR_INVALID_ARG_TYPE" },
    );
    for (const name of ["SIGKILL", "SIGSTOP", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGRTMAX-3"] as const)
      assert.throws(() => SignalReceiver.open([name]), { code: "EINVAL", syscall: "sigaction" }, name);
  });

  it("keeps the order of those of real time, and yields them to an iteration until it is closed", async () => {
    const receiver = SignalReceiver.open(["SIGRTMIN+1"]);
    for (let value = 0; value < 100; value += 1) sigqueue(pid, "SIGRTMIN+1", value);
    const values: (number | undefined)[] = [];
    for await (const { value } of receiver) {
      values.push(value);
      if (values.length === 100) receiver.close();
    }
    assert.deepEqual(values, [...Array(100).keys()]);
    const waiting = SignalReceiver.open(["SIGRTMIN+1"]);
    const next = waiting[Symbol.asyncIterator]().next();
    waiting.close();
    assert.deepEqual(await next, { done: true, value: undefined });
  });

  it("ends a wait by its time, its signal, and its close", async () => {
    const receiver = SignalReceiver.open(["SIGUSR2"]);
    assert.throws(() => receiver.receiveSync({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "read" });
    await assert.rejects(receiver.receive({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
    const reason = new Error("enough");
    await assert.rejects(receiver.receive({ signal: AbortSignal.abort(reason) }), reason);
    const closed = receiver.receive();
    receiver.close();
    receiver.close();
    await assert.rejects(closed, { code: "ECANCELED", syscall: "read" });
    assert.throws(() => receiver.tryReceive(), { code: "EBADF" });
  });

  it("counts what finds the pipe full", async () => {
    using receiver = SignalReceiver.open(["SIGRTMIN+1"]);
    using other = SignalReceiver.open(["SIGRTMIN+1"]);
    let sent = 0;
    for (; receiver.lost === 0; sent += 1) {
      sigqueue(pid, "SIGRTMIN+1", sent);
      // The second is read, so it loses none.
      assert.equal((await received(other, "receive")).value, sent);
    }
    assert(sent > 2000);
    for (let value = 0; value < sent - receiver.lost; value += 1) assert.equal(receiver.tryReceive()?.value, value);
    assert.deepEqual([receiver.tryReceive(), receiver.lost, other.lost], [undefined, 1, 0]);
    receiver.close();
    assert.equal(receiver.lost, 1);
  });

  it("gives each signal to every receiver, of every thread that wants it", async () => {
    using receiver = SignalReceiver.open(["SIGRTMIN+3"]);
    using none = SignalReceiver.open(["SIGRTMIN+4"]);
    const source = `
      const receiver = ipc.SignalReceiver.open(["SIGRTMIN+3"]);
      parentPort.postMessage("ready");
      parentPort.postMessage((await receiver.receive()).value);
      void receiver.receive();`;
    const workers = [startWorker(source), startWorker(source)];
    await Promise.all(workers.map((worker) => once(worker, "message")));
    sigqueue(pid, "SIGRTMIN+3", 5);
    assert.deepEqual(await Promise.all(workers.map((worker) => once(worker, "message"))), [[5], [5]]);
    assert.equal((await receiver.receive()).value, 5);
    assert.equal(none.tryReceive(), undefined);
    await Promise.all(workers.map((worker) => worker.terminate()));
    // Theirs are closed; ours is not.
    sigqueue(pid, "SIGRTMIN+3", 6);
    assert.equal((await receiver.receive()).value, 6);
  });

  it("leaves process.on its signals, whoever comes first and goes first", async () => {
    // Node's listener comes and goes while a receiver is open, and the other way round; at the end the default action is back.
    const output = await runScript(`
      import { once } from "node:events";
      const both = async (receiver) => {
        const heard = once(process, "SIGUSR2");
        process.kill(process.pid, "SIGUSR2");
        await heard;
        return (await receiver.receive()).signal;
      };
      const keep = () => {};
      // Node's listeners keep no process alive.
      setInterval(() => {}, 1000);
      process.on("SIGUSR2", keep);
      const first = ipc.SignalReceiver.open(["SIGUSR2"]);
      console.log(await both(first));
      process.off("SIGUSR2", keep);
      ipc.kill(process.pid, "SIGUSR2");
      console.log((await first.receive()).signal);
      console.log(await both(first));
      process.on("SIGUSR2", keep);
      first.close();
      const heard = once(process, "SIGUSR2");
      ipc.kill(process.pid, "SIGUSR2");
      await heard;
      const second = ipc.SignalReceiver.open(["SIGUSR2"]);
      process.off("SIGUSR2", keep);
      console.log(await both(second));
      second.close();
      try { ipc.kill(process.pid, "SIGUSR2"); } catch {}
    `).catch((error: unknown) => error as { signal: string; stdout: string });
    assert(typeof output === "object");
    assert.deepEqual([output.signal, output.stdout], ["SIGUSR2", "SIGUSR2\n".repeat(4)]);
  });

  it("restores a handler that was not Node's", async () => {
    // SIGPIPE is ignored in Node: /proc tells. Node takes SIGUSR1 for the inspector, which must not start meanwhile.
    const output = await runScript(`
      import { readFileSync } from "node:fs";
      const state = () => readFileSync("/proc/self/status", "utf8").match(/Sig(Ign|Cgt):.*/g).join(" ");
      // The signal that wakes threads is caught from the first use on.
      ipc.SignalReceiver.open(["SIGRTMIN+5"]).close();
      const before = state();
      const receiver = ipc.SignalReceiver.open(["SIGPIPE", "SIGUSR1", "SIGRTMIN+5"]);
      const during = state();
      ipc.kill(process.pid, "SIGUSR1");
      const { signal } = await receiver.receive();
      receiver.close();
      console.log(before !== during, before === state(), signal);
      const inspector = await import("node:inspector");
      console.log(inspector.url());`);
    assert.equal(output, "true true SIGUSR1\nundefined");
  });

  it("leaves Node its children, where SIGCHLD is received", async () => {
    using receiver = SignalReceiver.open(["SIGCHLD"]);
    const child = spawn("true");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 0);
    const received = await receiver.receive();
    assert.deepEqual([received.signal, received.pid], ["SIGCHLD", child.pid]);
  });

  it("is closed as garbage, and with its worker", async () => {
    const output = await runScript(`
      import { readFileSync } from "node:fs";
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      const caught = () => BigInt("0x" + readFileSync("/proc/self/status", "utf8").match(/SigCgt:\\s*(\\w+)/)[1]);
      // The signal that wakes threads is caught from the first use on.
      ipc.SignalReceiver.open(["SIGRTMIN+5"]).close();
      const first = caught();
      for (let i = 0; i < 50; i += 1) ipc.SignalReceiver.open(["SIGRTMIN+5"]);
      console.log(caught() !== first);
      while (caught() !== first) { gc(); await new Promise(setImmediate); }
      const source = 'import(' + JSON.stringify(${JSON.stringify(ipcIndex)}) + ').then((ipc) => { ' +
        'globalThis.r = ipc.SignalReceiver.open(["SIGRTMIN+5"]); r.receive(); return import("node:worker_threads"); }).then((threads) => threads.parentPort.postMessage(1))';
      const worker = new Worker(source, { eval: true });
      await once(worker, "message");
      console.log(caught() !== first);
      await worker.terminate();
      console.log(caught() === first);`);
    assert.equal(output, "true\ntrue\ntrue");
  });

  it("lets the process exit while someone waits, and leaves no handler in programs that it starts", async () => {
    const output = await runScript(`
      import { execFileSync } from "node:child_process";
      const receiver = ipc.SignalReceiver.open(["SIGRTMIN+5"]);
      void receiver.receive();
      console.log(execFileSync("grep", ["SigCgt", "/proc/self/status"], { encoding: "utf8" }).trim());
      process.exit(0);`);
    const { stdout } = await promisify(execFile)("grep", ["SigCgt", "/proc/self/status"]);
    assert.equal(output, stdout.trim());
  });

  it("stays in the process after the only worker that has loaded it", async () => {
    const output = await runScript(`
      import { readFileSync } from "node:fs";
      import { Worker } from "node:worker_threads";
      import { once } from "node:events";
      const worker = new Worker('import(' + JSON.stringify(${JSON.stringify(ipcIndex)}) + ').then((ipc) => ipc.pipe())', { eval: true });
      await once(worker, "exit");
      console.log(/tsrpcgen.*\\.node/.test(readFileSync("/proc/self/maps", "utf8")));`);
    assert.equal(output, "true");
    assert(readFileSync("/proc/self/maps", "utf8").includes("tsrpcgen"));
  });
});

const ipcIndex: string = new URL("../../src/ipc/index.js", import.meta.url).href;

/** What has come, by one of the forms; for `tryReceive`, once it has. */
async function received(receiver: SignalReceiver, form: "receive" | "receiveSync" | "tryReceive") {
  if (form !== "tryReceive") return receiver[form]();
  for (;;) {
    const there = receiver.tryReceive();
    if (there !== undefined) return there;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
