import assert from "node:assert/strict";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventFd, mapFile, MappedFile, Memfd, mkfifo, pageSize, PosixSharedMemory } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { CPeer, whyNoPeer } from "./c-peer.ts";
import { runScript, startWorker } from "./script.ts";
import { skipFor } from "./skip.ts";

const someoneElse = 65_534;

describe("memory that is mapped", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoPeer() ?? (process.platform === "linux" ? undefined : "the peer is Linux's"));
  });

  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-memory-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`/dev/shm${name}`, { force: true });
  });
  const name = `/tsrpcgen-${String(process.pid)}`;

  /** What C reads is what we wrote, and the other way round. */
  async function bothDirections(kind: string, target: string | number, bytes: Uint8Array): Promise<void> {
    await using peer = await CPeer.start("mapping", [kind, target]);
    assert.match(await peer.line(), new RegExp(` ${String(bytes.length)}$`));
    bytes[7] = 70;
    assert.equal(await peer.ask("get 7 0"), "70");
    assert.equal(await peer.ask(`set ${String(bytes.length - 1)} 200`), "200");
    assert.equal(bytes[bytes.length - 1], 200);
    assert.equal(await peer.exit(), 0);
  }

  describe("POSIX shared memory", () => {
    it("is C's, both ways", async () => {
      const memory = PosixSharedMemory.open(name, { create: true, size: 5000 });
      const mapping = memory.map();
      assert.equal(memory.size, 5000);
      assert.equal(statSync(`/dev/shm${name}`).mode & 0o777, 0o600);
      await bothDirections("shm", name, mapping.bytes);
      PosixSharedMemory.unlink(name);
      mapping.bytes[0] = 1; // it outlives its name
      mapping.close();
      memory.close();
    });

    it("that C truncates reads as zeros", async () => {
      const memory = PosixSharedMemory.open(name, { create: true, size: 3 * pageSize() });
      const mapping = memory.map();
      mapping.bytes.fill(5);
      await using peer = await CPeer.start("mapping", ["shm", name]);
      await peer.line();
      assert.equal(await peer.ask(`resize ${String(pageSize())} 0`), "0");
      assert.deepEqual([mapping.bytes[0], mapping.bytes[pageSize()], mapping.lostPages], [5, 0, 1]);
      mapping.close();
      memory.close();
    });

    it("fails as the system does", async () => {
      assert.throws(() => PosixSharedMemory.open(name), { code: "ENOENT", syscall: "shm_open" });
      assert.throws(() => PosixSharedMemory.open("/a/b", { create: true }), { code: "EINVAL" });
      assert.throws(() => PosixSharedMemory.open(`/${"n".repeat(300)}`, { create: true }), { code: "EINVAL" });
      assert.throws(
        () => {
          PosixSharedMemory.unlink(name);
        },
        { code: "ENOENT", syscall: "shm_unlink" },
      );
      using memory = PosixSharedMemory.open(name, { create: true, size: 2 * pageSize() });
      assert.throws(() => PosixSharedMemory.open(name, { create: true, exclusive: true }), { code: "EEXIST" });
      using reading = PosixSharedMemory.open(name, { readOnly: true });
      assert.equal(reading.readOnly, true);
      assert.throws(() => reading.map({ readOnly: false }), { code: "EACCES", syscall: "mmap" });
      assert.throws(
        () => {
          reading.resize(1);
        },
        { code: "EINVAL", syscall: "ftruncate" },
      );
      assert.throws(() => memory.map({ offset: 1 }), { code: "EINVAL", syscall: "mmap" });
      assert.throws(() => memory.map({ offset: 2 * pageSize() }), { code: "EINVAL", syscall: "mmap" });
      assert.throws(() => memory.map({ offset: 3 * pageSize() }), RangeError);
      assert.throws(() => memory.map({ length: -1 }), RangeError);
      memory.close();
      assert.throws(() => memory.map(), { code: "EBADF" });
      assert.throws(() => memory.size, { code: "EBADF", syscall: "fstat" });
      if (process.getuid?.() !== 0) return;
      await using peer = await CPeer.start("mapping", ["shm", name], { uid: someoneElse });
      assert.equal(await peer.line(), "EACCES");
    });
  });

  describe("a file", () => {
    it("is C's, both ways, and written", async () => {
      const path = join(folder, "file");
      const file = MappedFile.open(path, { create: true, size: 10_000 });
      const mapping = file.map();
      assert.equal(statSync(path).mode & 0o777, 0o600);
      await bothDirections("file", path, mapping.bytes);
      await mapping.sync();
      assert.equal(readFileSync(path)[7], 70);
      file.close();
      mapping.close();
    });

    it("is mapped in parts", () => {
      const path = join(folder, "file");
      writeFileSync(path, Buffer.alloc(3 * pageSize(), 1));
      const part = mapFile(path, { offset: pageSize(), length: 10 });
      assert.equal(part.byteLength, 10);
      part.bytes.fill(2);
      const end = mapFile(path, { offset: 2 * pageSize() });
      assert.equal(end.byteLength, pageSize());
      end.bytes[0] = 3;
      part.syncSync();
      const bytes = readFileSync(path);
      const from = pageSize();
      assert.deepEqual([...bytes.subarray(from - 1, from + 11)], [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
      assert.equal(bytes[2 * pageSize()], 3);
      part.close();
      end.close();
    });

    it("is mapped privately: what is written stays here, also where the file is for reading", () => {
      const path = join(folder, "file");
      writeFileSync(path, "abc");
      chmodSync(path, 0o400);
      const mapping = mapFile(path, { readOnly: true, shared: false });
      const shared = mapFile(path, { readOnly: true });
      mapping.bytes[0] = 65;
      assert.equal(mapping.lostPages, 0);
      assert.equal(Buffer.from(mapping.bytes).toString(), "Abc");
      assert.equal(Buffer.from(shared.bytes).toString(), "abc");
      assert.equal(readFileSync(path, "latin1"), "abc");
      mapping.close();
      shared.close();
    });

    it("grows and shrinks", () => {
      const file = MappedFile.open(join(folder, "file"), { create: true });
      assert.throws(() => file.map(), { code: "EINVAL", syscall: "mmap" });
      file.resize(10);
      const small = file.map();
      file.resize(20);
      assert.equal(file.size, 20);
      assert.equal(small.byteLength, 10);
      const large = file.map();
      large.bytes[3] = 4;
      assert.equal(small.bytes[3], 4);
      file.resize(0);
      assert.equal(large.bytes[3], 0);
      assert.equal(large.lostPages, 1);
      for (const each of [small, large, file]) each.close();
    });

    it("fails as the system does, and has nothing open then", () => {
      const path = join(folder, "file");
      assert.throws(() => mapFile(path), { code: "ENOENT", syscall: "open" });
      assert.throws(() => MappedFile.open(path, { create: true, size: -1 }), { code: "ERR_INVALID_ARG_TYPE" });
      assert.throws(() => mapFile(path, { create: true, exclusive: true }), { code: "EEXIST" });
      assert.throws(() => mapFile(path, { readOnly: true, size: 5 }), { code: "EINVAL", syscall: "ftruncate" });
      assert.throws(() => mapFile(folder, { readOnly: true }), { code: "ENODEV", syscall: "mmap" });
      mkfifo(join(folder, "fifo"));
      assert.throws(() => mapFile(join(folder, "fifo"), { readOnly: true, length: 5 }), { code: "ENODEV" });
      const next = openSync("/dev/null", "r");
      closeSync(next);
      for (let i = 0; i < 10; i += 1) assert.throws(() => mapFile(folder, { readOnly: true }));
      const after = openSync("/dev/null", "r");
      closeSync(after);
      assert.equal(after, next);
    });

    it("is closed once where a worker opened it, not again at the worker's end, when the number is another's", async () => {
      const worker = startWorker(
        `const file = ipc.MappedFile.open(workerData, { create: true, size: 1 });
         parentPort.postMessage(file.fd);
         file.close();
         parentPort.once("message", () => {});`,
        join(folder, "file"),
      );
      const exited = once(worker, "exit");
      const [fd] = (await once(worker, "message")) as [number];
      const others: EventFd[] = [];
      try {
        while (!others.some((other) => other.fd === fd) && others.length < 100) others.push(EventFd.create());
        worker.postMessage("end");
        await exited;
        for (const other of others) assert(other.tryAdd());
      } finally {
        for (const other of others) other.close();
      }
    });

    it("is closed when it is garbage", async () => {
      const path = join(folder, "file");
      const { stdout } = await runScript(`
        import { readdirSync, readlinkSync } from "node:fs";
        const open = () => readdirSync("/proc/self/fd").filter((fd) => {
          try { return readlinkSync("/proc/self/fd/" + fd) === ${JSON.stringify(path)}; } catch { return false; }
        }).length;
        (() => {
          for (let i = 0; i < 50; i += 1) ipc.MappedFile.open(${JSON.stringify(path)}, { create: true, size: 1 });
        })();
        console.log(open());
        await gc();
        console.log(open());`);
      assert.equal(stdout, "50\n0\n");
    });
  });

  describe("a memfd", () => {
    const sealed = 0x2 | 0x4;

    it("is C's, both ways", async () => {
      const memory = Memfd.create("ours", { size: 5000 });
      const mapping = memory.map();
      await using peer = await CPeer.start("mapping", ["fd", 3], { descriptors: [memory.fd] });
      assert.equal(await peer.line(), "3 5000");
      mapping.bytes[3] = 33;
      assert.equal(await peer.ask("get 3 0"), "33");
      assert.equal(await peer.ask("set 4999 44"), "44");
      assert.equal(mapping.bytes[4999], 44);
      assert.equal(await peer.ask("resize 10 0"), "EPERM");
      mapping.close();
      memory.close();
    });

    it("of C's is adopted where it can't shrink", async () => {
      await using peer = await CPeer.start("mapping", ["memfd", 9000, sealed]);
      const [fd, size] = (await peer.line()).split(" ");
      assert.equal(size, "9000");
      const memory = Memfd.adopt(openSync(`/proc/${String(peer.pid)}/fd/${String(fd)}`, "r+"));
      assert.deepEqual(memory.seals, ["shrink", "grow"]);
      const mapping = memory.map();
      assert.equal(mapping.byteLength, 9000);
      assert.equal(await peer.ask("set 8999 12"), "12");
      assert.equal(mapping.bytes[8999], 12);
      mapping.bytes[0] = 13;
      assert.equal(await peer.ask("get 0 0"), "13");
      assert.throws(() => memory.map({ length: 9001 }), RangeError);
      assert.throws(() => memory.map({ offset: 3 * pageSize() }), RangeError);
      assert.throws(
        () => {
          memory.resize(10);
        },
        { code: "EPERM", syscall: "ftruncate" },
      );
      mapping.close();
      memory.close();
    });

    it("is refused where it can shrink, and where it is none; the descriptor stays the caller's", async () => {
      await using peer = await CPeer.start("mapping", ["memfd", 9000, 0x4]);
      const [theirs] = (await peer.line()).split(" ");
      const fd = openSync(`/proc/${String(peer.pid)}/fd/${String(theirs)}`, "r+");
      assert.throws(() => Memfd.adopt(fd), { code: "TSRPC_MEMFD_UNSEALED" });
      closeSync(fd);
      const file = openSync(join(folder, "file"), "w+");
      assert.throws(() => Memfd.adopt(file), { code: "EINVAL", syscall: "fcntl" });
      closeSync(file);
      assert.throws(() => Memfd.adopt(file), { code: "EBADF" });
      assert.throws(() => Memfd.adopt(-1), { code: "EBADF" });
    });

    it("is sealed for good", () => {
      const memory = Memfd.create("seals", { size: 100, seals: [] });
      assert.deepEqual(memory.seals, []);
      const mapping = memory.map();
      assert.throws(
        () => {
          memory.addSeals("write");
        },
        { code: "EBUSY", syscall: "fcntl" },
      );
      mapping.bytes[0] = 1;
      mapping.close();
      memory.addSeals("write", "shrink", "seal");
      assert.deepEqual(memory.seals, ["seal", "shrink", "write"]);
      assert.throws(() => memory.map(), { code: "EPERM", syscall: "mmap" });
      assert.throws(
        () => {
          memory.addSeals("grow");
        },
        { code: "EPERM", syscall: "fcntl" },
      );
      const reading = memory.map({ readOnly: true });
      assert.equal(reading.bytes[0], 1);
      reading.close();
      // An adopted one is for reading by itself.
      const adopted = Memfd.adopt(openSync(`/proc/self/fd/${String(memory.fd)}`, "r"));
      assert.equal(adopted.readOnly, true);
      const again = adopted.map();
      assert.equal(again.bytes[0], 1);
      for (const handle of [again, adopted, memory]) handle.close();
    });

    it("fails as the system does", () => {
      assert.throws(() => Memfd.create("n".repeat(250)), { code: "EINVAL", syscall: "memfd_create" });
      assert.throws(() => Memfd.create("a\0b"), TypeError);
      assert.throws(() => Memfd.create("size", { size: 2 ** 53 - 1, seals: [] }).map(), /./);
    });
  });

  it("of huge pages is refused", async () => {
    await using peer = await CPeer.start("mapping", ["huge", 2 ** 21, 0]);
    const [fd, size] = (await peer.line()).split(" ");
    assert.equal(size, String(2 ** 21));
    const path = `/proc/${String(peer.pid)}/fd/${String(fd)}`;
    assert.throws(() => mapFile(path), { code: "ENOTSUP", syscall: "mmap" });
  });
});
