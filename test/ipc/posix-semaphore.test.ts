import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { PosixSemaphore } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runInWorker, runScript } from "./script.ts";
import { skipFor } from "./skip.ts";

describe("PosixSemaphore", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer() ?? (process.platform === "linux" ? undefined : "its file is Linux's"));
  });

  const name = `/tsrpcgen-${String(process.pid)}`;
  const file = `/dev/shm/sem.tsrpcgen-${String(process.pid)}`;
  let semaphore: PosixSemaphore;
  beforeEach(() => {
    semaphore = PosixSemaphore.open(name, { create: true, exclusive: true });
  });
  afterEach(() => {
    semaphore.close();
    rmSync(file, { force: true });
  });

  const forms = {
    try: () => {
      assert.equal(semaphore.tryWait(), true);
    },
    async: () => semaphore.wait(),
    sync: () => {
      semaphore.waitSync();
    },
  };
  for (const [form, wait] of Object.entries(forms)) {
    it(`is C's, both ways: ${form}`, async () => {
      await using peer = await CPeer.start("posix_semaphore", [name]);
      assert.equal(await peer.line(), "open");
      assert.equal(await peer.ask("post"), "0");
      assert.equal(await peer.ask("post"), "0");
      assert.equal(semaphore.value, 2);
      await wait();
      assert.equal(await peer.ask("value"), "1");
      await wait();
      assert.equal(semaphore.tryWait(), false);
      semaphore.post();
      assert.equal(await peer.ask("wait"), "0");
      assert.equal(await peer.ask("trywait"), "Resource temporarily unavailable");
      assert.equal(semaphore.value, 0);
    });
  }

  it("of C's is opened, with its value", async () => {
    PosixSemaphore.unlink(name);
    await using peer = await CPeer.start("posix_semaphore", [name, 3]);
    assert.equal(await peer.line(), "open");
    using theirs = PosixSemaphore.open(name, { create: true, value: 9 });
    assert.equal(theirs.value, 3);
    assert.equal(semaphore.value, 0); // another one, which has no name any more
    theirs.waitSync();
    assert.equal(await peer.ask("value"), "2");
  });

  it("wakes who waits: we C, C us, and we each other", async () => {
    await using peer = await CPeer.start("posix_semaphore", [name]);
    await peer.line();
    const waits = [semaphore.wait(), semaphore.wait()];
    peer.say("post");
    peer.say("post");
    await Promise.all(waits);
    assert.deepEqual([await peer.line(), await peer.line()], ["0", "0"]);
    peer.say("wait");
    semaphore.post();
    assert.equal(await peer.line(), "0");
    const ours = semaphore.wait({ timeoutMs: 60_000 });
    semaphore.post();
    await ours;
    peer.say("post");
    semaphore.waitSync({ timeoutMs: 60_000 });
    assert.equal(await peer.line(), "0");
    assert.equal(semaphore.value, 0);
  });

  it("ends a wait by its time, its signal, and the close, and has taken nothing", async () => {
    await assert.rejects(semaphore.wait({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "sem_wait" });
    assert.throws(
      () => {
        semaphore.waitSync({ timeoutMs: 1 });
      },
      { code: "ETIMEDOUT", syscall: "sem_wait" },
    );
    const reason = new Error("enough");
    await assert.rejects(semaphore.wait({ signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const aborted = semaphore.wait({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(aborted, reason);
    semaphore.post();
    assert.equal(semaphore.value, 1);
    assert.equal(readFileSync(file).readUInt32LE(4), 0); // glibc's count of who waits
    semaphore.waitSync();
    const closed = semaphore.wait();
    semaphore.close();
    semaphore.close();
    await assert.rejects(closed, { code: "ECANCELED", syscall: "sem_wait" });
    assert.equal(semaphore.closed, true);
    assert.throws(() => semaphore.tryWait(), { code: "EBADF", syscall: "sem_trywait" });
    await assert.rejects(semaphore.wait(), { code: "EBADF" });
  });

  it("loses no post to a wait that is aborted or closed at the same time", async () => {
    const watching = PosixSemaphore.open(name);
    let taken = 0;
    for (let i = 0; i < 200; i += 1) {
      const each = PosixSemaphore.open(name);
      const controller = new AbortController();
      const wait = each.wait({ signal: controller.signal });
      // Whether the thread already sleeps is left to chance.
      if (i % 4 > 1) await new Promise(setImmediate);
      watching.post();
      if (i % 2 === 0) controller.abort(new Error("aborted"));
      else each.close();
      await wait.then(
        () => (taken += 1),
        () => undefined,
      );
      each.close();
    }
    // What was taken too late is given back once the loop has heard of it.
    while (watching.value + taken < 200) await new Promise(setImmediate);
    assert.equal(watching.value + taken, 200);
    watching.close();
  });

  it("has the name that C gives it, however many slashes it begins with", () => {
    const slashes = `//${name}`;
    PosixSemaphore.unlink(name);
    using made = PosixSemaphore.open(slashes, { create: true, value: 3 });
    using found = PosixSemaphore.open(name);
    assert(found.tryWait());
    assert.equal(made.value, 2);
    PosixSemaphore.unlink(slashes);
    assert.throws(() => PosixSemaphore.open(name), { code: "ENOENT" });
    assert.throws(() => PosixSemaphore.open("//", { create: true }), { code: "EINVAL", syscall: "sem_open" });
  });

  it("fails as the system does", async () => {
    const other = `${name}-other`;
    assert.throws(() => PosixSemaphore.open(other), { code: "ENOENT", syscall: "sem_open" });
    assert.throws(() => PosixSemaphore.open(name, { create: true, exclusive: true }), { code: "EEXIST" });
    for (const wrong of ["/", "", "/a/b"]) {
      assert.throws(() => PosixSemaphore.open(wrong, { create: true }), { syscall: "sem_open" });
    }
    assert.throws(() => PosixSemaphore.open(`/${"n".repeat(300)}`, { create: true }), /E(INVAL|NAMETOOLONG)/);
    assert.throws(() => PosixSemaphore.open(other, { create: true, value: 2 ** 31 }), { code: "EINVAL" });
    assert.throws(() => PosixSemaphore.open(other, { create: true, value: -1 }), TypeError);
    assert.equal(existsSync(`${file}-other`), false);
    assert.throws(
      () => {
        PosixSemaphore.unlink(other);
      },
      { code: "ENOENT", syscall: "sem_unlink" },
    );
    using full = PosixSemaphore.open(other, { create: true, value: 2 ** 31 - 1 });
    PosixSemaphore.unlink(other);
    assert.throws(
      () => {
        full.post();
      },
      { code: "EOVERFLOW", syscall: "sem_post" },
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    if (process.getuid?.() !== 0) return;
    await using peer = await CPeer.start("posix_semaphore", [name], { uid: 65_534 });
    assert.equal(await peer.line(), "Permission denied");
  });

  describe("whose file someone harms", () => {
    it("is refused where it is too short to be one", () => {
      truncateSync(file, 8);
      assert.throws(() => PosixSemaphore.open(name), { code: "EINVAL", syscall: "sem_open" });
    });

    it("fails with ENOTRECOVERABLE where it was truncated", async () => {
      using second = PosixSemaphore.open(name);
      truncateSync(file, 0);
      const gone = { code: "ENOTRECOVERABLE" };
      await assert.rejects(semaphore.wait(), gone);
      assert.throws(() => semaphore.tryWait(), gone);
      assert.throws(() => {
        semaphore.post();
      }, gone);
      assert.throws(() => semaphore.value, gone);
      assert.throws(() => {
        second.waitSync({ timeoutMs: 60_000 });
      }, gone);
    });

    it("waits on when it is truncated meanwhile, and is aborted", async () => {
      const reason = new Error("enough");
      const controller = new AbortController();
      const waiting = semaphore.wait({ signal: controller.signal });
      // Until the thread has told that it waits: on its way out it will touch what is gone.
      while (readFileSync(file).readUInt32LE(4) === 0) await new Promise(setImmediate);
      truncateSync(file, 0);
      controller.abort(reason);
      await assert.rejects(
        waiting,
        (error: NodeJS.ErrnoException) => error === reason || error.code === "ENOTRECOVERABLE",
      );
      assert.throws(() => semaphore.tryWait(), { code: "ENOTRECOVERABLE" });
    });

    it("does what it can with nonsense in it", async () => {
      for (let i = 0; i < 300; i += 1) {
        writeFileSync(file, randomBytes(32), { flag: "r+" });
        const attempts = [
          () => semaphore.tryWait(),
          () => semaphore.value,
          () => {
            semaphore.post();
          },
          () => {
            semaphore.waitSync({ timeoutMs: 0 });
          },
        ];
        for (const attempt of attempts) {
          try {
            attempt();
          } catch (error) {
            assert.match(String((error as NodeJS.ErrnoException).code), /^(EOVERFLOW|ETIMEDOUT)$/);
          }
        }
        writeFileSync(file, new Uint8Array(8), { flag: "r+" });
        await assert.rejects(semaphore.wait({ timeoutMs: 0 }), { code: "ETIMEDOUT" });
      }
    });
  });

  it("is another thread's too, and goes with it while it waits", async () => {
    semaphore.post();
    const seen = await runInWorker(
      `const semaphore = ipc.PosixSemaphore.open(data);
       await semaphore.wait();
       semaphore.wait().catch(() => undefined);
       setImmediate(() => process.exit());
       return semaphore.value;`,
      name,
    );
    assert.equal(seen, 0);
    semaphore.post();
    assert.equal(semaphore.tryWait(), true);
  });

  it("is unmapped when it is garbage, and a process that waits can end", async () => {
    const {
      end: code,
      stdout,
      stderr,
    } = await runScript(`
      import { readFileSync } from "node:fs";
      const mapped = () => readFileSync("/proc/self/maps", "latin1").split("sem.tsrpcgen-").length - 1;
      (() => { for (let i = 0; i < 50; i += 1) ipc.PosixSemaphore.open("${name}").tryWait(); })();
      console.log(mapped());
      await gc();
      console.log(mapped());
      ipc.PosixSemaphore.open("${name}").wait();
      await gc();
      console.log(mapped());
      process.exit();`);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "50\n0\n1\n", stderr: "" });
  });
});
