import assert from "node:assert/strict";
import { IPC_PRIVATE, SysvSemaphoreSet, type SysvSemaphoreOperation } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { asSecondUser, secondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor, skipWithoutAddonAndPeer } from "./skip.ts";

describe("SysvSemaphoreSet: what it refuses", () => {
  let set: SysvSemaphoreSet;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 3 });
  });

  afterEach(() => {
    set.remove();
  });

  const startPeer = (uid?: number): Promise<CPeer> =>
    CPeer.start("sysv_semaphore", [set.id], uid === undefined ? {} : { uid });

  it("gives the kernel's errors, and refuses numbers that would be others in C", async () => {
    await using peer = await startPeer();
    assert.throws(() => set.tryP(3), { code: "EFBIG", syscall: "semop" });
    assert.equal(await peer.ask("op n 3 -1"), "EFBIG");
    set.setValue(0, 32_767);
    assert.throws(
      () => {
        set.v(0);
      },
      { code: "ERANGE", syscall: "semop" },
    );
    assert.equal(await peer.ask("op n 0 1"), "ERANGE");
    assert.throws(() => set.tryOp([]), { code: "EINVAL", syscall: "semop" });
    const many = (length: number): SysvSemaphoreOperation[] => Array.from({ length }, () => ({ index: 1, by: 1 }));
    assert.throws(() => set.tryOp(many(30_000)), { code: "E2BIG", syscall: "semop" });
    await assert.rejects(async () => set.op(many(40_000)), { code: "E2BIG", syscall: "semop" });
    for (const value of [-1, 32_768]) {
      const expected = { code: "ERANGE", syscall: "semctl" };
      assert.throws(() => {
        set.setValue(0, value);
      }, expected);
      assert.throws(() => {
        set.setValues([0, 0, value]);
      }, expected);
    }
    assert.throws(
      () => {
        set.setValues([0, 0, 65_536]);
      },
      { code: "ERANGE" },
    );
    for (const values of [[], [1, 2], [1, 2, 3, 4]]) {
      assert.throws(
        () => {
          set.setValues(values);
        },
        { code: "EINVAL", syscall: "semctl" },
      );
    }
    for (const index of [-1, 3]) assert.throws(() => set.value(index), { code: "EINVAL", syscall: "semctl" });
    // As a short, each would be another number.
    for (const operation of [
      { index: 65_536, by: 1 },
      { index: -1, by: 1 },
      { index: 0, by: 32_768 },
      { index: 0, by: -32_769 },
    ]) {
      assert.throws(() => set.tryOp([operation]), RangeError);
    }
    assert.throws(() => set.tryOp([{ index: 0, by: 0.5 }]), TypeError);
    for (const by of [0, -1, 0.5, 32_768]) assert.throws(() => set.tryP(0, { by }), RangeError);
    await assert.rejects(set.p(0, { timeoutMs: -1 }), RangeError);
    assert.deepEqual(set.values(), [32_767, 0, 0]);
  });

  it("is found by its key, is made or not as it is told", () => {
    const key = 0x7700_0000 + process.pid;
    assert.throws(() => SysvSemaphoreSet.open(key), { code: "ENOENT", syscall: "semget" });
    assert.throws(() => SysvSemaphoreSet.open(key, { create: true, count: 0 }), { code: "EINVAL" });
    const made = SysvSemaphoreSet.open(key, { create: true, exclusive: true, count: 2 });
    try {
      assert.equal(SysvSemaphoreSet.open(key).id, made.id);
      assert.equal(SysvSemaphoreSet.open(key, { create: true, count: 2 }).id, made.id);
      assert.throws(() => SysvSemaphoreSet.open(key, { create: true, exclusive: true }), { code: "EEXIST" });
      assert.throws(() => SysvSemaphoreSet.open(key, { count: 3 }), { code: "EINVAL", syscall: "semget" });
      assert.equal(made.stat().count, 2);
      if (whyNoSecondUser() !== undefined) return;
      asSecondUser(() => {
        assert.throws(() => SysvSemaphoreSet.open(key), { code: "EACCES", syscall: "semget" });
      });
    } finally {
      made.remove();
    }
  });

  it("is closed to another user where its mode says so, in C and here", async function () {
    skipFor(this, whyNoSecondUser());
    set.setValue(0, 1);
    await using peer = await startPeer(secondUser);
    assert.equal(await peer.ask("op n 0 -1"), "EACCES");
    assert.equal(await peer.ask("get 0"), "EACCES");
    assert.equal(await peer.ask("remove"), "EPERM");
    asSecondUser(() => {
      assert.throws(() => set.tryP(0), { code: "EACCES", syscall: "semop" });
      assert.throws(() => set.value(0), { code: "EACCES", syscall: "semctl" });
      assert.throws(() => set.values(), { code: "EACCES", syscall: "semctl" });
      assert.throws(
        () => {
          set.setValue(0, 2);
        },
        { code: "EACCES", syscall: "semctl" },
      );
      assert.throws(
        () => {
          set.set({ mode: 0o666 });
        },
        { code: "EACCES", syscall: "semctl" },
      );
      assert.throws(
        () => {
          set.remove();
        },
        { code: "EPERM", syscall: "semctl" },
      );
    });
    set.set({ mode: 0o604 });
    assert.equal(await peer.ask("get 0"), `1 0 0 ${String(process.pid)}`);
    assert.equal(await peer.ask("op n 0 -1"), "EACCES");
  });
});
