import assert from "node:assert/strict";
import { futexWait, futexWaitSync, futexWake, Memfd, PosixSemaphore, PosixSharedMemory } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { onlyOf, whileScribbled } from "./scribble.ts";
import { skipFor } from "./skip.ts";

/** Random bytes in every structure that others may write to; those of rings and mailboxes are in scribble-channels.test.ts. */
describe("memory that another process scribbles into while it is used", () => {
  const name = `/tsrpcgen-scribble-${String(process.pid)}`;

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "the files behind are Linux's"));
  });

  for (const cuts of [false, true]) {
    it(`a POSIX semaphore${cuts ? ", which is cut, too" : ""}: errors, and waits that end`, async function () {
      this.timeout(20_000);
      using semaphore = PosixSemaphore.open(name, { create: true, value: 1 });
      try {
        const codes = await whileScribbled(
          { file: `/dev/shm/sem.${name.slice(1)}`, bytes: 32, cuts },
          async (attempt) => {
            await attempt(() => semaphore.tryWait());
            await attempt(() => semaphore.value);
            await attempt(() => {
              semaphore.post();
            });
            await attempt(() => {
              semaphore.waitSync({ timeoutMs: 1 });
            });
            await attempt(() => semaphore.wait({ timeoutMs: 1 }));
          },
        );
        onlyOf(codes, ["ETIMEDOUT", "EOVERFLOW", "ENOTRECOVERABLE", "EINVAL"]);
        if (cuts) assert(codes.has("ENOTRECOVERABLE"));
      } finally {
        PosixSemaphore.unlink(name);
      }
    });
  }

  it("a futex's word: waits end, and wake no one who does not wait", async function () {
    this.timeout(20_000);
    using memory = PosixSharedMemory.open(name, { create: true, size: 4096 });
    try {
      using mapping = memory.map();
      const words = new Int32Array(mapping.buffer);
      const codes = await whileScribbled({ file: `/dev/shm${name}`, bytes: 64, cuts: true }, async (attempt) => {
        await attempt(() => futexWaitSync(mapping, 0, words[0] ?? 0, { timeoutMs: 1 }));
        await attempt(() => futexWait(mapping, 4, words[1] ?? 0, { timeoutMs: 1 }));
        await attempt(() => {
          assert.equal(futexWake(mapping, 0, Infinity), 0);
        });
      });
      onlyOf(codes, ["ETIMEDOUT", "EFAULT"]);
    } finally {
      PosixSharedMemory.unlink(name);
    }
  });

  it("a memfd: what is read is what was written, of the size that its seal keeps", async function () {
    this.timeout(20_000);
    using memory = Memfd.create("scribble", { size: 4096, seals: ["shrink"] });
    using mapping = memory.map();
    const file = `/proc/${String(process.pid)}/fd/${String(memory.fd)}`;
    const codes = await whileScribbled({ file, bytes: 4096 }, async (attempt) => {
      await attempt(() => {
        assert.equal(mapping.bytes.length, 4096);
        mapping.bytes.reduce((sum, byte) => sum + byte, 0);
        mapping.bytes.fill(1, 100, 200);
      });
      await attempt(() => mapping.sync({ timeoutMs: 1000 }));
    });
    onlyOf(codes, []);
    assert.equal(mapping.lostPages, 0);
  });
});
