import assert from "node:assert/strict";
import { IPC_PRIVATE, SysvSemaphoreSet, type SysvSemaphoreOperation } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { skipWithoutAddonAndPeer } from "./skip.ts";

describe("SysvSemaphoreSet", () => {
  let set: SysvSemaphoreSet;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 3 });
  });

  afterEach(() => {
    try {
      set.remove();
    } catch {
      // The test has removed it.
    }
  });

  const startPeer = (): Promise<CPeer> => CPeer.start("sysv_semaphore", [set.id]);

  it("adds and takes, in its three forms, as semop and semctl see it", async () => {
    await using peer = await startPeer();
    assert.equal(set.tryOp([{ index: 0, by: 5 }]), true);
    assert.equal(await peer.ask("get 0"), `5 0 0 ${String(process.pid)}`);
    await set.op([{ index: 0, by: -1 }]);
    set.opSync([{ index: 0, by: -1 }]);
    assert.equal(await peer.ask("get 0"), `3 0 0 ${String(process.pid)}`);
    set.v(2, { by: 4 });
    assert.equal(set.tryP(2, { by: 2 }), true);
    await set.p(2);
    set.pSync(2);
    assert.equal(set.tryP(2), false);
    set.v(2);
    assert.equal(await peer.ask("op n 0 -3 2 -1"), "done");
    assert.equal(await peer.ask("op n 0 -1"), "EAGAIN");
    assert.equal(set.tryOp([{ index: 0, by: -1 }]), false);
    assert.deepEqual(set.values(), [0, 0, 0]);
    assert.equal(set.lastPid(0), peer.pid);
    assert.equal(set.lastPid(1), 0);
  });

  it("waits for the C program's V, and wakes its P", async () => {
    await using peer = await startPeer();
    const waited = set.p(0, { by: 2 });
    assert.equal(await peer.ask("blocked 0 1 op n 0 2"), "done");
    await waited;
    peer.say("blocked 1 1 op n 1 1");
    set.pSync(1);
    assert.equal(await peer.line(), "done");
    peer.say("op - 2 -3");
    set.v(2, { by: 3 });
    assert.equal(await peer.line(), "done");
    assert.deepEqual(set.values(), [0, 0, 0]);
  });

  it("waits for zero", async () => {
    await using peer = await startPeer();
    set.setValues([1, 1, 0]);
    assert.equal(set.tryOp([{ index: 0, by: 0 }]), false);
    assert.equal(set.tryOp([{ index: 2, by: 0 }]), true);
    const zero = set.op([{ index: 0, by: 0 }]);
    assert.match(await peer.ask("blocked 0 1 get 0"), /^1 0 1 /);
    assert.deepEqual([set.waitingForZero(0), set.waitingForMore(0)], [1, 0]);
    assert.equal(await peer.ask("op n 0 -1"), "done");
    await zero;
    peer.say("blocked 1 1 op n 1 -1");
    set.opSync([{ index: 1, by: 0 }]);
    assert.equal(await peer.line(), "done");
    set.setValue(1, 1);
    peer.say("op - 1 0");
    assert.equal(set.tryP(1), true);
    assert.equal(await peer.line(), "done");
  });

  it("acts on several at once, or on none", async () => {
    await using peer = await startPeer();
    const takeTwo: SysvSemaphoreOperation[] = [
      { index: 0, by: -1 },
      { index: 1, by: -1 },
    ];
    set.setValues([1, 0, 7]);
    assert.equal(set.tryOp(takeTwo), false);
    assert.deepEqual(set.values(), [1, 0, 7]);
    const both = set.op(takeTwo);
    // It waits for the second, and has not taken the first.
    assert.equal(await peer.ask("blocked 1 1 op n 0 -1"), "done");
    assert.equal(await peer.ask("op n 1 1"), "done");
    assert.deepEqual(set.values(), [0, 1, 7]);
    assert.equal(await peer.ask("op n 0 1"), "done");
    await both;
    assert.deepEqual(set.values(), [0, 0, 7]);
    peer.say("op - 0 -1 1 -1 2 -7");
    set.opSync([
      { index: 0, by: 1 },
      { index: 1, by: 1 },
    ]);
    assert.equal(await peer.line(), "done");
  });

  it("is a lock: wait for zero and take it, at once", async () => {
    const lock: SysvSemaphoreOperation[] = [
      { index: 0, by: 0 },
      { index: 0, by: 1 },
    ];
    await using peer = await startPeer();
    assert.equal(await peer.ask("op n 0 0 0 1"), "done");
    assert.equal(set.tryOp(lock), false);
    peer.say("blocked 0 1 op n 0 -1");
    set.opSync(lock);
    assert.equal(await peer.line(), "done");
    assert.equal(await peer.ask("op n 0 0 0 1"), "EAGAIN");
  });

  it("takes and gives what setValue and SETVAL set, and tells who waits", async () => {
    await using peer = await startPeer();
    const waits = [set.p(0), set.p(0), set.p(0, { by: 3 })];
    assert.equal(await peer.ask("blocked 0 3 get 0"), "0 3 0 0");
    assert.equal(set.waitingForMore(0), 3);
    assert.equal(await peer.ask("set 0 5"), "set");
    await Promise.all(waits);
    set.setValue(0, 32_767);
    set.setValues([1, 2, 32_767]);
    assert.match(await peer.ask("stat"), / 1 2 32767$/);
    assert.equal(set.value(2), 32_767);
  });

  it("gives ETIMEDOUT where the time is up, and the signal's reason, having taken nothing", async () => {
    const expected = { code: "ETIMEDOUT", syscall: "semop" };
    set.setValues([1, 0, 0]);
    const operations = [
      { index: 0, by: -1 },
      { index: 1, by: -1 },
    ];
    assert.throws(() => {
      set.opSync(operations, { timeoutMs: 1 });
    }, expected);
    assert.throws(() => {
      set.pSync(1, { timeoutMs: 0 });
    }, expected);
    await assert.rejects(set.op(operations, { timeoutMs: 1 }), expected);
    const reason = new Error("enough");
    await assert.rejects(set.p(0, { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const waited = set.op(operations, { signal: abort.signal });
    while (set.waitingForMore(1) === 0);
    abort.abort(reason);
    await assert.rejects(waited, reason);
    assert.equal(set.waitingForMore(1), 0);
    assert.deepEqual(set.values(), [1, 0, 0]);
  });

  it("lets operations stand that were made when the signal came", async () => {
    const abort = new AbortController();
    const waited = set.p(0, { signal: abort.signal });
    while (set.waitingForMore(0) === 0);
    set.v(0);
    while (set.value(0) !== 0);
    abort.abort();
    await waited;
  });

  it("gives EIDRM to who waits when it is removed, and EINVAL afterwards", async () => {
    await using peer = await startPeer();
    const waited = assert.rejects(set.p(0), { code: "EIDRM", syscall: "semop" });
    peer.say("blocked 0 2 remove");
    assert.throws(
      () => {
        set.pSync(0);
      },
      { code: "EIDRM", syscall: "semop" },
    );
    assert.equal(await peer.line(), "removed");
    await waited;
    assert.throws(() => set.tryP(0), { code: "EINVAL", syscall: "semop" });
    await assert.rejects(set.p(0), { code: "EINVAL", syscall: "semop" });
    for (const call of [
      () => set.values(),
      () => set.value(0),
      () => set.stat(),
      () => {
        set.remove();
      },
    ]) {
      assert.throws(call, { code: "EINVAL", syscall: "semctl" });
    }
  });

  it("tells what IPC_STAT tells, and changes what IPC_SET changes", async () => {
    await using peer = await startPeer();
    set.v(1);
    set.set({ uid: 12, gid: 34, mode: 0o640 });
    const { uid, gid, creatorUid, creatorGid, mode, count, lastOperation, lastChange } = set.stat();
    const owners = [uid, gid, creatorUid, creatorGid, mode.toString(8)];
    assert.equal(await peer.ask("stat"), [...owners, count, lastOperation, lastChange, ...set.values()].join(" "));
    assert.deepEqual([uid, gid, mode, count], [12, 34, 0o640, 3]);
    assert(lastOperation > 0 && lastChange > 0);
  });
});
