import assert from "node:assert/strict";
import { once } from "node:events";
import { futexWait, futexWaitSync, futexWake, Memfd, PosixSemaphore, PosixSharedMemory } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { startScript } from "./node-script.ts";
import { skipFor } from "./skip.ts";

/** Milliseconds of each: a scribble comes every few microseconds. */
const LASTS_MS = 700;

/** Writes random bytes into a file over and over; a second argument lets it be cut, too. */
const scribbler = (file: string, bytes: number, cuts: boolean): string => `
  import { ftruncateSync, openSync, writeSync } from "node:fs";
  import { randomFillSync } from "node:crypto";
  const fd = openSync(${JSON.stringify(file)}, "r+");
  const random = new Uint8Array(64);
  process.stdout.write("ready\\n");
  for (let i = 0; ; i += 1) {
    randomFillSync(random);
    const at = (random[0] * 256 + random[1]) % ${String(bytes)};
    writeSync(fd, random, 2, Math.min(random[2] % 40, ${String(bytes)} - at), at);
    // What makes sense now and then leads further than nonsense alone.
    if (i % 7 === 0) writeSync(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 0, Math.min(8, ${String(bytes)}), 0);
    if (${String(cuts)} && i % 2000 === 1999) {
      ftruncateSync(fd, 0);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); // long enough to be looked at
      ftruncateSync(fd, ${String(bytes)});
    }
  }
`;

/** Random bytes in every structure that others may write to; the ring's are beside its tests. */
describe("memory that another process scribbles into while it is used", () => {
  const name = `/tsrpcgen-scribble-${String(process.pid)}`;

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "the files behind are Linux's"));
  });

  /** Rounds of calls while it is scribbled. @returns the codes of what they threw */
  async function whileScribbled(
    file: string,
    bytes: number,
    cuts: boolean,
    round: (attempt: (call: () => unknown) => Promise<void>) => Promise<void>,
  ): Promise<Set<string>> {
    const codes = new Set<string>();
    const attempt = async (call: () => unknown): Promise<void> => {
      try {
        await call();
      } catch (error) {
        const { code = String(error) } = error as { code?: string };
        codes.add(code);
      }
    };
    const child = startScript(scribbler(file, bytes, cuts), ["ignore", "pipe", "inherit"]);
    try {
      assert(child.stdout !== null);
      await once(child.stdout, "data");
      for (const end = performance.now() + LASTS_MS; performance.now() < end;) await round(attempt);
      assert.equal(child.exitCode, null, "the scribbler has ended");
    } finally {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    return codes;
  }

  function onlyOf(codes: Set<string>, expected: readonly string[]): void {
    assert.deepEqual(
      [...codes].filter((code) => !expected.includes(code)),
      [],
    );
  }

  for (const cuts of [false, true]) {
    it(`a POSIX semaphore${cuts ? ", which is cut, too" : ""}: errors, and waits that end`, async function () {
      this.timeout(20_000);
      using semaphore = PosixSemaphore.open(name, { create: true, value: 1 });
      try {
        const codes = await whileScribbled(`/dev/shm/sem.${name.slice(1)}`, 32, cuts, async (attempt) => {
          await attempt(() => semaphore.tryWait());
          await attempt(() => semaphore.value);
          await attempt(() => {
            semaphore.post();
          });
          await attempt(() => {
            semaphore.waitSync({ timeoutMs: 1 });
          });
          await attempt(() => semaphore.wait({ timeoutMs: 1 }));
        });
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
      const codes = await whileScribbled(`/dev/shm${name}`, 64, true, async (attempt) => {
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
    const codes = await whileScribbled(file, 4096, false, async (attempt) => {
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
