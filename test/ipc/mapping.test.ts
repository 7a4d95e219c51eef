import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, read, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";
import { Memfd, pageSize, pipe, type Mapping } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { whyNoPeer } from "./c-peer.ts";
import { runInWorker, runScript } from "./script.ts";
import { skipFor } from "./skip.ts";

const linux = process.platform === "linux";

/** How often memory of this name is mapped in this process. */
function mapped(name: string): number {
  return readFileSync("/proc/self/maps", "latin1").split(`/memfd:${name} `).length - 1;
}

const countMapped = `
  import { readFileSync } from "node:fs";
  const mapped = () => readFileSync("/proc/self/maps", "latin1").split("/memfd:").length - 1;`;

describe("a mapping", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? (linux ? undefined : "memfd is Linux's"));
  });

  /** One that can shrink, and its mapping. */
  function shrinkable(name: string, size: number): { memory: Memfd; mapping: Mapping } {
    const memory = Memfd.create(name, { size, seals: [] });
    return { memory, mapping: memory.map() };
  }

  describe("its life", () => {
    it("is closed while views exist: they are empty, and the memory is unmapped", () => {
      const { memory, mapping } = shrinkable("closed-views", 8192);
      const { bytes, buffer } = mapping;
      const view = new DataView(buffer, 4096);
      assert.equal(mapping.buffer, buffer);
      assert.equal(mapping.bytes, bytes);
      bytes[0] = 1;
      assert.equal(mapped("closed-views"), 1);
      mapping.close();
      mapping.close();
      assert.equal(mapped("closed-views"), 0);
      assert.equal(bytes.length, 0);
      assert.equal(bytes[0], undefined);
      assert.equal(buffer.byteLength, 0);
      assert.throws(() => view.getInt8(0), TypeError);
      assert.equal(mapping.byteLength, 0);
      assert.throws(() => mapping.buffer, { code: "EBADF", syscall: "mmap" });
      assert.throws(() => mapping.bytes, { code: "EBADF" });
      assert.throws(
        () => {
          mapping.startSync();
        },
        { code: "EBADF", syscall: "msync" },
      );
      memory.close();
    });

    it("is closed while a thread of libuv's reads into it: that gets to no other memory", async () => {
      const { memory, mapping } = shrinkable("in-use", 4096);
      const { reader, writer } = pipe();
      const reading = promisify(read)(reader.fd, mapping.bytes, 0, 4096, null);
      mapping.close();
      assert.equal(mapped("in-use"), 0);
      // It would get the addresses, were they free.
      const next = memory.map();
      writer.writeSync(Buffer.from("abc"));
      assert.equal((await reading).bytesRead, 3);
      assert.equal(next.bytes[0], 0);
      for (const handle of [reader, writer, next, memory]) handle.close();
    });

    it("is mapped and closed without a turn of the loop, more often than there are ranges to guard", () => {
      const memory = Memfd.create("loop", { size: 4096 });
      for (let i = 0; i < 10_000; i += 1) {
        const mapping = memory.map();
        mapping.bytes[0] = i;
        mapping.close();
      }
      assert.equal(mapped("loop"), 0);
      memory.close();
    });

    it("stays when what was mapped is closed", () => {
      const { memory, mapping } = shrinkable("stays", 4096);
      memory.close();
      mapping.bytes[7] = 9;
      assert.equal(mapping.bytes[7], 9);
      mapping.close();
    });

    it("goes on in the buffer when the mapping is garbage, in the mapping when the buffer is, and ends with both", async () => {
      const {
        end: code,
        stdout,
        stderr,
      } = await runScript(`${countMapped}
        const memory = ipc.Memfd.create("gc", { size: 4096 });
        let mapping = memory.map();
        let { buffer } = mapping;
        new Uint8Array(buffer)[5] = 55;
        mapping = undefined;
        await gc();
        console.log("buffer alone", mapped(), new Uint8Array(buffer)[5]);
        buffer = undefined;
        await gc();
        console.log("none", mapped());
        mapping = memory.map();
        // Where the test's own engine keeps a temporary, a function of its own does not.
        (() => { mapping.buffer; })();
        await gc();
        console.log("mapping alone", mapped(), new Uint8Array(mapping.buffer)[5]);
        mapping = undefined;
        await gc();
        console.log("none", mapped());
        for (let i = 0; i < 5000; i += 1) { memory.map().bytes[0] = i; if (i % 500 === 0) await gc(); }
        await gc();
        console.log("after 5000", mapped());
      `);
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.deepEqual(stdout.split("\n"), [
        "buffer alone 1 55",
        "none 0",
        "mapping alone 1 55",
        "none 0",
        "after 5000 0",
        "",
      ]);
    });

    it("gives its buffer to no other thread", () => {
      const { memory, mapping } = shrinkable("transfer", 4096);
      const { port1, port2 } = new MessageChannel();
      const { buffer } = mapping;
      try {
        // Node 20 sends a copy; later ones refuse.
        port1.postMessage(buffer, [buffer]);
      } catch (error) {
        assert.equal((error as Error).name, "DataCloneError");
      }
      assert.equal(buffer.byteLength, 4096);
      port1.close();
      port2.close();
      mapping.close();
      memory.close();
    });

    it("is shared by threads that each map it", async () => {
      const memory = Memfd.create("threads", { size: 4096 });
      const mapping = memory.map();
      mapping.bytes[0] = 1;
      const seen = await runInWorker(
        `const memory = ipc.Memfd.adopt(data); const { bytes } = memory.map(); bytes[1] = 2; return bytes[0];`,
        openSync(`/proc/self/fd/${String(memory.fd)}`, "r+"),
      );
      assert.equal(seen, 1);
      assert.equal(mapping.bytes[1], 2);
      mapping.close();
      memory.close();
    });

    it("goes with the worker that mapped it", async () => {
      await runInWorker(`const memory = ipc.Memfd.create("worker-gone", { size: 4096 });
        globalThis.kept = [memory.map(), memory.map().bytes, memory]; return 0;`);
      assert.equal(mapped("worker-gone"), 0);
    });
  });

  describe("whose memory is taken away", () => {
    it("reads as zeros, is written to, and counts the pages", () => {
      const { memory, mapping } = shrinkable("truncated", 4 * pageSize());
      const { bytes } = mapping;
      bytes.fill(7);
      memory.resize(pageSize());
      assert.equal(mapping.lostPages, 0);
      assert.equal(bytes[pageSize()], 0);
      assert.equal(mapping.lostPages, 1);
      bytes[3 * pageSize() + 5] = 3;
      assert.equal(bytes[3 * pageSize() + 5], 3);
      assert.equal(mapping.lostPages, 2);
      // What is still there is still shared.
      assert.equal(bytes[0], 7);
      bytes[1] = 8;
      const again = memory.map();
      assert.equal(again.bytes[1], 8);
      assert.equal(again.lostPages, 0);
      memory.close();
      again.close();
      mapping.close();
      assert.equal(mapped("truncated"), 0);
    });

    it("fails a system call with EFAULT, and a thread of libuv's reads zeros", async () => {
      const { memory, mapping } = shrinkable("system-call", 4096);
      memory.resize(0);
      const sink = openSync("/tmp", 0o20_200_002 /* O_TMPFILE | O_RDWR */);
      assert.throws(() => writeSync(sink, mapping.bytes), { code: "EFAULT" });
      closeSync(sink);
      assert.equal(mapping.lostPages, 0);
      const packed = await promisify(gzip)(mapping.bytes);
      assert.deepEqual(gunzipSync(packed), Buffer.alloc(4096));
      assert.equal(mapping.lostPages, 1);
      mapping.close();
      memory.close();
    });

    for (const [what, options] of [
      ["loss of", ""],
      ["writes to", "{ readOnly: true }"],
    ] as const) {
      it(`survives the ${what} more pages than the kernel has mappings for`, async () => {
        // Every second page, so that no two are neighbours: each is a mapping of its own.
        const { end, stdout } = await runScript(`
          const pages = 140_000;
          const memory = ipc.Memfd.create("many", { size: pages * ipc.pageSize(), seals: [] });
          const mapping = memory.map(${options});
          const { bytes } = mapping;
          ${options === "" ? "memory.resize(0);" : ""}
          for (let page = 0; page < pages; page += 2) bytes[page * ipc.pageSize()] = 1;
          console.log(mapping.lostPages >= pages / 2 && mapping.lostPages <= pages);
        `);
        assert.deepEqual({ end, stdout }, { end: 0, stdout: "true\n" });
      });
    }
  });

  describe("for reading", () => {
    it("keeps what is written to itself, and counts the pages", () => {
      const memory = Memfd.create("read-only", { size: 2 * pageSize() });
      const writing = memory.map();
      writing.bytes.set([1, 2, 3]);
      const reading = memory.map({ readOnly: true });
      assert.equal(reading.lostPages, 0);
      reading.bytes[1] = 99;
      assert.deepEqual([...reading.bytes.subarray(0, 3)], [1, 99, 3]);
      assert.equal(reading.lostPages, 1);
      assert.deepEqual([...writing.bytes.subarray(0, 3)], [1, 2, 3]);
      writing.bytes[pageSize()] = 4;
      assert.equal(reading.bytes[pageSize()], 4);
      for (const mapping of [writing, reading]) mapping.close();
      memory.close();
      assert.equal(mapped("read-only"), 0);
    });

    it("is written to where it was truncated", () => {
      const memory = Memfd.create("both", { size: pageSize(), seals: [] });
      const reading = memory.map({ readOnly: true });
      memory.resize(0);
      reading.bytes[0] = 5;
      assert.equal(reading.bytes[0], 5);
      assert.equal(reading.bytes[1], 0);
      assert(reading.lostPages >= 1);
      reading.close();
      memory.close();
    });
  });

  describe("is guarded, and nothing else is", () => {
    const guarded = `const memory = ipc.Memfd.create("g", { size: 4096, seals: [] });
      const mapping = memory.map(); memory.resize(0); mapping.bytes[0] = 1;`;

    /** Where the tests run under AddressSanitizer: it would make an exit code of the signal. */
    const plain = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:handle_segv=0:handle_sigbus=0` };

    for (const name of ["SIGSEGV", "SIGBUS"] as const) {
      it(`a ${name} that is sent ends the process`, async () => {
        const source = `${guarded} process.kill(process.pid, "${name}"); await gc(); await gc(); console.log("alive");`;
        const { end: signal } = await runScript(source, plain);
        assert.equal(signal, name);
      });
    }

    for (const name of ["SIGSEGV", "SIGBUS"] as const) {
      it(`a ${name} elsewhere ends the process`, async function () {
        if (whyNoPeer() !== undefined) this.skip();
        const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fault-"));
        try {
          const source = fileURLToPath(new URL("../../../test/ipc/c/fault.c", import.meta.url));
          const library = join(folder, "fault.so");
          execFileSync("gcc", ["-shared", "-fPIC", "-o", library, source]);
          const { end: signal, stdout } = await runScript(
            `${guarded} process.env.FAULT = "${name}";
            console.log("before"); process.dlopen({ exports: {} }, ${JSON.stringify(library)}); console.log("after");`,
            plain,
          );
          assert.deepEqual({ signal, stdout }, { signal: name, stdout: "before\n" });
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }

    it("WebAssembly still traps, also once the worker that loaded the addon is gone", async () => {
      // (module (memory 1) (func (export "f") (param i32) (result i32) (i32.load (local.get 0))))
      const wasm = `const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,
        10,9,1,7,0,32,0,40,2,0,11]);
        const { instance } = await WebAssembly.instantiate(bytes);
        const trap = () => { try { instance.exports.f(0x7fffffff); } catch (error) { console.log(error.name); } };`;
      const here = await runScript(`${guarded} ${wasm} trap(); mapping.close(); trap();`);
      assert.deepEqual([here.end, here.stdout], [0, "RuntimeError\nRuntimeError\n"]);
      const url = new URL("../../src/ipc/index.js", import.meta.url).href;
      const worker = await runScript(`${wasm}
        import { Worker } from "node:worker_threads";
        import { once } from "node:events";
        const source = \`import(${JSON.stringify(url)}).then((ipc) => { ${guarded} mapping.close(); })\`;
        await once(new Worker(source, { eval: true }), "exit");
        trap();`);
      assert.deepEqual([worker.end, worker.stdout], [0, "RuntimeError\n"], worker.stderr);
    });
  });

  it("fails with ENOMEM beyond the ranges that are guarded, and leaks nothing", () => {
    const memory = Memfd.create("ranges", { size: 4096 });
    const mappings: Mapping[] = [];
    const fill = (): void => {
      for (;;) mappings.push(memory.map());
    };
    assert.throws(fill, { code: "ENOMEM", syscall: "mmap" });
    assert(mappings.length > 4000 && mappings.length <= 4096, String(mappings.length));
    assert.equal(mapped("ranges"), mappings.length);
    assert.throws(() => memory.map(), { code: "ENOMEM" });
    assert.equal(mapped("ranges"), mappings.length);
    mappings.pop()?.close();
    mappings.push(memory.map());
    for (const mapping of mappings) mapping.close();
    assert.equal(mapped("ranges"), 0);
    assert.equal(fstatSync(memory.fd).size, 4096);
    memory.close();
  });

  it("of more bytes than a buffer can have is mapped, and has no buffer", () => {
    const huge = Memfd.create("huge", { size: 5 * 2 ** 30 });
    const mapping = huge.map();
    assert.equal(mapping.byteLength, 5 * 2 ** 30);
    const { length } = (() => {
      try {
        return mapping.bytes;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "ERR_BUFFER_TOO_LARGE");
        return { length: mapping.byteLength };
      }
    })();
    assert.equal(length, 5 * 2 ** 30);
    mapping.close();
    huge.close();
  });

  describe("is written back", () => {
    it("in three forms, and refuses what is not in it", async () => {
      const { memory, mapping } = shrinkable("sync", 10_000);
      mapping.bytes.fill(1);
      await mapping.sync();
      await mapping.sync({ offset: 5000, length: 1 });
      mapping.syncSync({ offset: 10_000 });
      mapping.startSync({ length: 10_000 });
      const beyond = { code: "EINVAL", syscall: "msync" };
      await assert.rejects(mapping.sync({ offset: 10_001 }), beyond);
      assert.throws(() => {
        mapping.syncSync({ offset: 1, length: 10_000 });
      }, beyond);
      assert.throws(() => {
        mapping.startSync({ length: 10_001 });
      }, beyond);
      const reason = new Error("enough");
      await assert.rejects(mapping.sync({ signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const aborted = mapping.sync({ signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(aborted, reason);
      const closed = mapping.sync();
      mapping.close();
      await closed; // it holds the memory until it is done
      memory.close();
    });
  });
});
