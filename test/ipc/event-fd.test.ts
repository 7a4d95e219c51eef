import assert from "node:assert/strict";
import { once } from "node:events";
import { openSync, readdirSync } from "node:fs";
import { EventFd } from "../../src/ipc/index.ts";
import { duplicateDescriptor } from "../../src/runtime/transport/native.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runScript, startScript, startWorker } from "./node-script.ts";
import { skipFor } from "./skip.ts";

const most = 2n ** 64n - 2n;

describe("EventFd", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer());
  });

  it("is taken whole, or one by one", () => {
    using counter = EventFd.create({ initial: 3 });
    assert.equal(counter.tryAdd(4), true);
    assert.equal(counter.tryTake(), 7n);
    assert.equal(counter.tryTake(), undefined);
    using semaphore = EventFd.create({ initial: 2, semaphore: true });
    assert.deepEqual([semaphore.tryTake(), semaphore.tryTake(), semaphore.tryTake()], [1n, 1n, undefined]);
  });

  it("counts exactly where a number would not", () => {
    using counter = EventFd.create();
    for (const count of [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n + 1n, most]) {
      counter.addSync(count);
      assert.equal(counter.takeSync(), count);
      assert.equal(counter.tryAdd(count), true);
      assert.equal(counter.takeSync({ timeoutMs: 1000 }), count);
    }
    counter.addSync(Number.MAX_SAFE_INTEGER, { timeoutMs: 1000 });
    assert.equal(counter.tryTake(), 2n ** 53n - 1n);
  });

  it("is full at 2^64 - 2: an add waits, fails, or says so", async () => {
    using counter = EventFd.create();
    assert.equal(counter.tryAdd(most), true);
    assert.equal(counter.tryAdd(1n), false);
    assert.equal(counter.tryAdd(0), true);
    assert.throws(
      () => {
        counter.addSync(1, { timeoutMs: 1 });
      },
      { code: "ETIMEDOUT", syscall: "write" },
    );
    await assert.rejects(counter.add(1, { timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "write" });
    const added = counter.add(5);
    assert.equal(counter.takeSync(), most);
    await added;
    assert.equal(await counter.take(), 5n);
  });

  it("keeps each count, where takes and adds wait beside each other", async () => {
    using counter = EventFd.create();
    const first = counter.take();
    const second = counter.take();
    await counter.add(10);
    assert.equal(await first, 10n);
    counter.addSync(20);
    assert.equal(await second, 20n);
  });

  for (const wait of ["tryTake", "take", "takeSync"] as const) {
    it(`takes by ${wait} what a C program adds`, async () => {
      using counter = EventFd.create();
      await using peer = await CPeer.start("event_fd", [], { descriptors: [counter.fd] });
      const taken = wait === "take" ? counter.take() : undefined;
      // A blocking wait can't read the peer's answer meanwhile.
      peer.say("add 1099511627776");
      if (wait === "tryTake") await peer.line();
      assert.equal(await (taken ?? (wait === "tryTake" ? counter.tryTake() : counter.takeSync())), 2n ** 40n);
    });
  }

  for (const add of ["tryAdd", "add", "addSync"] as const) {
    it(`gives by ${add} to a C program that takes`, async () => {
      using counter = EventFd.create();
      await using peer = await CPeer.start("event_fd", [], { descriptors: [counter.fd] });
      assert.equal(await peer.ask("take"), "taking");
      await counter[add](most);
      assert.equal(await peer.line(), String(most));
    });
  }

  it("waits until a C program has taken", async () => {
    using counter = EventFd.create();
    counter.addSync(most);
    await using peer = await CPeer.start("event_fd", [], { descriptors: [counter.fd] });
    const added = counter.add(8);
    assert.equal(await peer.ask("take"), "taking");
    assert.equal(await peer.line(), String(most));
    await added;
    assert.equal(counter.tryTake(), 8n);
  });

  it("is adopted by a process that inherits it", async () => {
    using counter = EventFd.create();
    const child = startScript("ipc.EventFd.adopt(3).addSync(9)", ["ignore", "inherit", "inherit", counter.fd]);
    assert.equal(await counter.take(), 9n);
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  });

  it("adopts nothing but an eventfd", () => {
    assert.throws(() => EventFd.adopt(-1), { code: "EBADF" });
    assert.throws(() => EventFd.adopt(1_000_000), { code: "EBADF" });
    const file = openSync("/dev/null", "r+");
    assert.throws(() => EventFd.adopt(file), { code: "EINVAL" });
  });

  it("refuses counts that are none", async () => {
    using counter = EventFd.create();
    for (const count of [-1, 1.5, NaN, 2 ** 53, -1n, most + 1n]) {
      assert.throws(() => counter.tryAdd(count), RangeError);
      assert.throws(() => {
        counter.addSync(count);
      }, RangeError);
      await assert.rejects(counter.add(count), RangeError);
    }
    assert.throws(() => EventFd.create({ initial: 2 ** 32 }), { code: "EINVAL", syscall: "eventfd" });
    assert.throws(() => EventFd.create({ initial: -1 }), { code: "ERR_INVALID_ARG_TYPE" });
  });

  it("ends a wait by its time, its signal, and its close", async () => {
    const counter = EventFd.create();
    assert.throws(() => counter.takeSync({ timeoutMs: 0 }), { code: "ETIMEDOUT", errno: -110, syscall: "read" });
    await assert.rejects(counter.take({ timeoutMs: 0 }), { code: "ETIMEDOUT", syscall: "read" });
    const reason = new Error("enough");
    const abort = new AbortController();
    const aborted = counter.take({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(aborted, reason);
    const closed = counter.take();
    counter.close();
    await assert.rejects(closed, { code: "ECANCELED", syscall: "read" });
    assert.throws(() => counter.tryTake(), { code: "EBADF", syscall: "read" });
    await assert.rejects(counter.take(), { code: "EBADF", syscall: "read" });
  });

  it("works in a worker thread, whose end closes what is open in it", async () => {
    using counter = EventFd.create();
    const before = readdirSync("/proc/self/fd").length;
    const worker = startWorker(
      `const shared = ipc.EventFd.adopt(workerData);
       globalThis.kept = ipc.EventFd.create();
       void globalThis.kept.take();
       parentPort.postMessage(String(await shared.take()));`,
      duplicateDescriptor(counter.fd),
    );
    counter.addSync(11);
    assert.deepEqual(await once(worker, "message"), ["11"]);
    await worker.terminate();
    assert.equal(readdirSync("/proc/self/fd").length, before);
  });

  it("is closed as garbage", async () => {
    const output = await runScript(`
      import { readdirSync } from "node:fs";
      const open = () => readdirSync("/proc/self/fd").length;
      ipc.EventFd.create().close();
      const before = open();
      for (let i = 0; i < 100; i += 1) ipc.EventFd.create();
      const during = open();
      while (open() > before) { gc(); await new Promise(setImmediate); }
      console.log(during - before);`);
    assert.equal(output, "100");
  });
});
