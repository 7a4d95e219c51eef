import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { IPC_PRIVATE, SysvSharedMemory, type Mapping } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./script.ts";
import { asSecondUser, secondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor, skipWithoutAddonAndPeer } from "./skip.ts";

const write = (mapping: Mapping, text: string, offset = 0): void => {
  mapping.bytes.set(new TextEncoder().encode(text), offset);
};
const read = (mapping: Mapping, offset: number, length: number): string =>
  new TextDecoder().decode(mapping.bytes.slice(offset, offset + length));

describe("SysvSharedMemory", () => {
  let memory: SysvSharedMemory;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    memory = SysvSharedMemory.open(IPC_PRIVATE, { size: 5000 });
  });

  afterEach(() => {
    try {
      memory.remove();
    } catch {
      // The test has removed it.
    }
  });

  const startPeer = (uid?: number): Promise<CPeer> =>
    CPeer.start("sysv_shared_memory", [memory.id], uid === undefined ? {} : { uid });

  it("is the memory that shmat gives, of its very size, and zeros at first", async () => {
    await using peer = await startPeer();
    using mapping = memory.attach();
    assert.equal(mapping.byteLength, 5000);
    assert.equal(mapping.buffer.byteLength, 5000);
    assert.deepEqual(mapping.bytes, new Uint8Array(5000));
    assert.equal(await peer.ask("attach"), "attached");
    write(mapping, "from here");
    assert.equal(await peer.ask("read 0 9"), "from here");
    assert.equal(await peer.ask("write 4990 from there"), "written");
    assert.equal(read(mapping, 4990, 10), "from there");
    assert.equal(mapping.lostPages, 0);
  });

  it("is detached when its mapping is closed, whose views are empty then", async () => {
    await using peer = await startPeer();
    const first = memory.attach();
    const second = memory.attach({ readOnly: true });
    assert.equal(memory.stat().attached, 2);
    await peer.ask("attach");
    assert.equal(memory.stat().attached, 3);
    const view = first.bytes;
    first.close();
    first.close();
    assert.equal(view.length, 0);
    assert.throws(() => first.buffer, { code: "EBADF" });
    second.close();
    assert.equal(memory.stat().attached, 1);
    await peer.ask("detach");
    assert.equal(memory.stat().attached, 0);
  });

  it("keeps a write to a mapping for reading from the others, and counts the page", async () => {
    await using peer = await startPeer();
    await peer.ask("attach");
    await peer.ask("write 0 theirs");
    const mapping = memory.attach({ readOnly: true });
    assert.equal(read(mapping, 0, 6), "theirs");
    write(mapping, "ours", 0);
    assert.equal(read(mapping, 0, 6), "oursrs");
    assert.equal(mapping.lostPages, 1);
    assert.equal(await peer.ask("read 0 6"), "theirs");
    await peer.ask("write 4500 still shared");
    assert.equal(read(mapping, 4500, 12), "still shared");
    // The lost page has split it in two: both go.
    mapping.close();
    assert.equal(memory.stat().attached, 1);
  });

  it("stays, once removed, until the last has detached it", async () => {
    await using peer = await startPeer();
    await peer.ask("attach");
    const mapping = memory.attach();
    assert.equal(await peer.ask("remove"), "removed");
    assert.equal(memory.stat().removed, true);
    write(mapping, "still here");
    assert.equal(await peer.ask("read 0 10"), "still here");
    await peer.ask("detach");
    mapping.close();
    const gone = { code: "EINVAL", syscall: "shmctl" };
    assert.throws(() => memory.stat(), gone);
    assert.throws(() => {
      memory.remove();
    }, gone);
    assert.throws(() => memory.attach(), { code: "EINVAL", syscall: "shmat" });
    assert.equal(await peer.ask("attach"), "EINVAL");
  });

  it("of huge pages is refused, and not attached: they can be taken away only whole", async function () {
    await using peer = await CPeer.start("sysv_shared_memory", [0]);
    const granted = "/proc/sys/vm/nr_overcommit_hugepages";
    const before = readFileSync(granted, "latin1");
    let made = "";
    try {
      writeFileSync(granted, String(Number(before) + 1));
      made = await peer.ask("huge 5000");
    } catch {
      // Only root may.
    } finally {
      if (made !== "") writeFileSync(granted, before);
    }
    skipFor(this, /^\d+$/.test(made) ? undefined : "this system gives no huge page");
    const huge = new SysvSharedMemory(Number(made));
    try {
      for (const readOnly of [false, true])
        assert.throws(() => huge.attach({ readOnly }), { code: "ENOTSUP", syscall: "shmat" });
      assert.equal(huge.stat().attached, 0);
    } finally {
      huge.remove();
    }
  });

  it("is found by its key, is made or not as it is told", async () => {
    await using peer = await startPeer();
    const key = 0x7800_0000 + process.pid;
    assert.throws(() => SysvSharedMemory.open(key), { code: "ENOENT", syscall: "shmget" });
    assert.throws(() => SysvSharedMemory.open(key, { create: true }), { code: "EINVAL", syscall: "shmget" });
    assert.throws(() => SysvSharedMemory.open(key, { create: true, size: -1 }), TypeError);
    const made = SysvSharedMemory.open(key, { create: true, exclusive: true, size: 100 });
    try {
      assert.equal(await peer.ask(`size ${String(key)}`), "100");
      assert.equal(SysvSharedMemory.open(key).id, made.id);
      assert.equal(SysvSharedMemory.open(key, { create: true, size: 50 }).id, made.id);
      assert.throws(() => SysvSharedMemory.open(key, { size: 101 }), { code: "EINVAL", syscall: "shmget" });
      assert.throws(() => SysvSharedMemory.open(key, { create: true, exclusive: true, size: 1 }), { code: "EEXIST" });
    } finally {
      made.remove();
    }
    assert.equal(await peer.ask(`size ${String(key)}`), "ENOENT");
  });

  it("tells what IPC_STAT tells, and changes what IPC_SET changes", async () => {
    await using peer = await startPeer();
    await peer.ask("attach");
    memory.attach().close();
    memory.set({ uid: 12, gid: 34, mode: 0o640 });
    const { uid, gid, creatorUid, creatorGid, mode, ...rest } = memory.stat();
    const { size, attached, creatorPid, lastPid, lastAttach, lastDetach, lastChange, removed } = rest;
    const owners = [uid, gid, creatorUid, creatorGid, mode.toString(8)];
    const times = [lastAttach, lastDetach, lastChange, Number(removed)];
    assert.equal(await peer.ask("stat"), [...owners, size, attached, creatorPid, lastPid, ...times].join(" "));
    assert.deepEqual([uid, gid, mode, size, attached], [12, 34, 0o640, 5000, 1]);
    assert.deepEqual([creatorPid, lastPid, removed], [process.pid, process.pid, false]);
  });

  it("is closed to another user where its mode says so, in C and here", async function () {
    skipFor(this, whyNoSecondUser());
    await using peer = await startPeer(secondUser);
    assert.equal(await peer.ask("attach"), "EACCES");
    assert.equal(await peer.ask("stat"), "EACCES");
    assert.equal(await peer.ask("remove"), "EPERM");
    asSecondUser(() => {
      assert.throws(() => memory.attach(), { code: "EACCES", syscall: "shmat" });
      assert.throws(() => memory.attach({ readOnly: true }), { code: "EACCES", syscall: "shmat" });
      assert.throws(() => memory.stat(), { code: "EACCES", syscall: "shmctl" });
      assert.throws(
        () => {
          memory.remove();
        },
        { code: "EPERM", syscall: "shmctl" },
      );
    });
    memory.set({ mode: 0o604 });
    assert.equal(await peer.ask("attach"), "EACCES");
    assert.equal(await peer.ask("attach r"), "attached");
    asSecondUser(() => {
      assert.throws(() => memory.attach(), { code: "EACCES", syscall: "shmat" });
      memory.attach({ readOnly: true }).close();
    });
  });

  it("is shared with a worker thread, which detaches it at its end", async () => {
    const worker = startWorker(
      `const mapping = new ipc.SysvSharedMemory(workerData).attach();
       globalThis.kept = mapping.buffer;
       Atomics.store(new Int32Array(mapping.buffer, 0, 1), 0, 42);
       parentPort.on("message", () => {});
       parentPort.postMessage(0);`,
      memory.id,
    );
    await once(worker, "message");
    using mapping = memory.attach();
    assert.equal(new Int32Array(mapping.buffer, 0, 1)[0], 42);
    assert.equal(memory.stat().attached, 2);
    await worker.terminate();
    assert.equal(memory.stat().attached, 1);
  });

  it("is detached when neither the mapping nor its buffer is in use any more", async () => {
    const result = await runScript(`
      const memory = new ipc.SysvSharedMemory(${String(memory.id)});
      const attached = async (count) => {
        while (memory.stat().attached > count) {
          await gc();
        }
        console.log(memory.stat().attached);
      };
      (() => { for (let i = 0; i < 50; i += 1) memory.attach().bytes[0] = i; })();
      await attached(0);
      let view = memory.attach().bytes;
      memory.attach();
      await attached(1);
      view[0] = 9;
      console.log(view[0]);
      view = undefined;
      await attached(0);`);
    assert.deepEqual(result, { end: 0, stdout: "0\n1\n9\n0\n", stderr: "" });
  });
});
