import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import {
  ftok,
  IPC_PRIVATE,
  listSysv,
  SysvMessageQueue,
  SysvSemaphoreSet,
  SysvSharedMemory,
} from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { asSecondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor, skipWithoutAddonAndPeer } from "./skip.ts";

describe("ftok", () => {
  let folder: string;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-ftok-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("gives the key that C's ftok gives", async () => {
    await using peer = await CPeer.start("sysv_shared_memory", [0]);
    const file = join(folder, "file");
    writeFileSync(file, "");
    mkdirSync(join(folder, "ä b"));
    symlinkSync(file, join(folder, "link"));
    for (const path of [file, folder, join(folder, "ä b"), join(folder, "link")]) {
      for (const project of [1, 65, 127, 128, 255]) {
        const key = ftok(path, project);
        assert.equal(String(key), await peer.ask(`ftok ${String(project)} ${path}`));
        assert.equal(key >>> 24, project);
      }
    }
    assert.notEqual(ftok(file, 1), ftok(folder, 1));
  });

  it("fails as stat does, and refuses projects that would be others in C", () => {
    assert.throws(() => ftok(join(folder, "none"), 1), { code: "ENOENT", syscall: "ftok" });
    for (const project of [0, 256, -1, 1.5]) assert.throws(() => ftok(folder, project), RangeError);
    assert.throws(() => ftok(`${folder}\0`, 1), TypeError);
    if (whyNoSecondUser() !== undefined) return;
    mkdirSync(join(folder, "closed"), { mode: 0o700 });
    asSecondUser(() => {
      assert.throws(() => ftok(join(folder, "closed", "file"), 1), { code: "EACCES", syscall: "ftok" });
    });
  });
});

describe("listSysv", () => {
  before(skipWithoutAddonAndPeer);

  /** The columns of `ipcs` for the objects of one kind, each by its identifier. */
  const ipcs = (kind: "-q" | "-s" | "-m"): Map<number, string[]> => {
    const lines = execFileSync("ipcs", [kind, "-b"], { encoding: "utf8" }).split("\n");
    const objects = lines.map((line) => line.trim().split(/\s+/)).filter(([key]) => key?.startsWith("0x") === true);
    return new Map(objects.map((columns) => [Number(columns[1]), columns]));
  };

  it("has what stat and ipcs tell of our objects", () => {
    const queue = SysvMessageQueue.open(0x7900_0000 + process.pid, { create: true, exclusive: true, mode: 0o640 });
    const set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 7 });
    const memory = SysvSharedMemory.open(IPC_PRIVATE, { size: 5000 });
    try {
      queue.sendSync(1, new Uint8Array(12));
      queue.sendSync(1, new Uint8Array(30));
      queue.receiveSync();
      set.v(0);
      if (whyNoSecondUser() === undefined) set.set({ uid: 4_294_967_294 });
      const mapping = memory.attach();
      mapping.bytes[0] = 1;

      const list = listSysv();
      const { maxBytes, ...queueStatus } = queue.stat();
      assert(maxBytes > 0);
      const listedQueue = list.messageQueues.find(({ id }) => id === queue.id);
      assert.deepEqual(listedQueue, { key: 0x7900_0000 + process.pid, id: queue.id, ...queueStatus });
      const listedSet = list.semaphoreSets.find(({ id }) => id === set.id);
      assert.deepEqual(listedSet, { key: IPC_PRIVATE, id: set.id, ...set.stat() });
      const listedMemory = list.sharedMemory.find(({ id }) => id === memory.id);
      const pages = { residentBytes: 4096, swappedBytes: 0 };
      assert.deepEqual(listedMemory, { key: IPC_PRIVATE, id: memory.id, ...memory.stat(), ...pages });

      const key = `0x${(0x7900_0000 + process.pid).toString(16)}`;
      assert.deepEqual(ipcs("-q").get(queue.id), [key, String(queue.id), userInfo().username, "640", "30", "1"]);
      assert.deepEqual(ipcs("-s").get(set.id)?.slice(3), ["600", "7"]);
      assert.deepEqual(ipcs("-m").get(memory.id)?.slice(3), ["600", "5000", "1"]);

      memory.remove();
      assert.equal(listSysv().sharedMemory.find(({ id }) => id === memory.id)?.removed, true);
      assert.deepEqual(ipcs("-m").get(memory.id)?.slice(3), ["600", "5000", "1", "dest"]);
      mapping.close();
      assert.equal(
        listSysv().sharedMemory.find(({ id }) => id === memory.id),
        undefined,
      );
    } finally {
      queue.remove();
      set.remove();
    }
  });

  it("has each object once, as long as it is there, as ipcs does", () => {
    const made = Array.from({ length: 3 }, () => SysvMessageQueue.open(IPC_PRIVATE));
    const count = (wanted: SysvMessageQueue): number =>
      listSysv().messageQueues.filter(({ id }) => id === wanted.id).length;
    try {
      assert.deepEqual(made.map(count), [1, 1, 1]);
      assert.deepEqual(
        made.map(({ id }) => ipcs("-q").has(id)),
        [true, true, true],
      );
      const [removed] = made.splice(1, 1);
      assert(removed !== undefined);
      removed.remove();
      assert.deepEqual([...made, removed].map(count), [1, 1, 0]);
      assert.equal(ipcs("-q").has(removed.id), false);
    } finally {
      for (const queue of made) queue.remove();
    }
  });

  it("has the objects that we may not use", function () {
    skipFor(this, whyNoSecondUser());
    const queue = SysvMessageQueue.open(IPC_PRIVATE);
    try {
      asSecondUser(() => {
        assert.throws(() => queue.stat(), { code: "EACCES" });
        assert.equal(listSysv().messageQueues.find(({ id }) => id === queue.id)?.mode, 0o600);
      });
    } finally {
      queue.remove();
    }
  });
});
