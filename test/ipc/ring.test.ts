import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { PosixSharedMemory, Ring, type Mapping, type RingFormatOptions } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { skipFor } from "./skip.ts";

/** What lies where: native/src/ring/layout.h. */
const header = { push: 128, pop: 384, lock: 8, attachments: 640, attachmentBytes: 128, data: 8704 };
const ipcUrl = new URL("../../src/ipc/index.js", import.meta.url).href;

describe("Ring", () => {
  const name = `/tsrpcgen-ring-one-${process.pid}`;
  let memory: PosixSharedMemory;
  let mapping: Mapping;

  before(function () {
    skipFor(this, whyNoAddon());
  });

  beforeEach(() => {
    memory = PosixSharedMemory.open(name, { create: true, exclusive: true, size: 65_536 });
    mapping = memory.map();
  });

  afterEach(() => {
    mapping.close();
    memory.close();
    PosixSharedMemory.unlink(name);
  });

  /** A ring of so many bytes for records. */
  function ringOf(capacity: number, options: RingFormatOptions = {}): Ring {
    Ring.format(mapping, { length: Ring.bytesFor(capacity), ...options });
    return Ring.open(mapping);
  }

  const hex = (from: number, to: number): string => Buffer.from(mapping.bytes.subarray(from, to)).toString("hex");
  const bytes = (length: number, fill = length): Uint8Array => new Uint8Array(length).fill(fill);

  it("the header's and a record's bytes", () => {
    const ring = ringOf(64, { consumers: "one", maxRecords: 5 });
    // Magic, version, many producers; units, records at most; where the data begins, attachments.
    assert.equal(hex(0, 16), "747372696e673031" + "01000000" + "01000000");
    assert.equal(hex(16, 32), "08000000" + "05000000" + "00220000" + "3f000000");
    assert.equal(hex(header.push, header.push + 12), "00".repeat(12));
    assert(ring.tryPush(Uint8Array.of(1, 2, 3)));
    assert.equal(hex(header.data, header.data + 16), "03000000" + "fcffffff" + "0102030000000000");
    // Two units and one record have passed the push end; the lock is free again.
    assert.equal(hex(header.push, header.push + 12), "02000000" + "01000000" + "00000000");
    assert.equal(hex(header.pop, header.pop + 12), "00".repeat(12));
    // Attached, generation 1; pushed: 1, what it was going to be: 1, nothing under way.
    const own = header.attachments;
    assert.equal(mapping.bytes[own + 4], 2);
    assert.equal(hex(own + 24, own + 48), "0100000000000000".repeat(2) + "ff".repeat(8));
    assert.deepEqual(ring.tryPop(), Uint8Array.of(1, 2, 3));
    // The one consumer keeps its end's lock: slot 1 of generation 1.
    assert.equal(hex(header.pop, header.pop + 12), "02000000" + "01000000" + "01010000");
    ring.close();
    assert.equal(hex(header.pop + header.lock, header.pop + header.lock + 4), "00000000");
  });

  it("records of every length from none to the longest, across the end at every alignment", () => {
    const ring = ringOf(120);
    assert.deepEqual([ring.capacity, ring.maxRecordBytes], [120, 112]);
    for (let length = 0; length <= ring.maxRecordBytes; length++) {
      for (let turn = 0; turn < 16; turn++) {
        const record = Uint8Array.from({ length }, (_, index) => index + turn);
        assert(ring.tryPush(record));
        assert.deepEqual(ring.tryPop(), record);
      }
    }
    assert.equal(ring.tryPop(), undefined);
    assert.throws(() => ring.tryPush(bytes(113)), { code: "EMSGSIZE", syscall: "ring" });
    ring.close();
  });

  it("full and empty, to the byte; length and free bytes", () => {
    const ring = ringOf(64);
    for (let count = 0; count < 4; count++) {
      assert.deepEqual([ring.length, ring.freeBytes], [count, 64 - count * 16]);
      assert(ring.tryPush(bytes(8, count)));
    }
    assert.equal(ring.tryPush(bytes(0)), false);
    assert.deepEqual(ring.tryPop(), bytes(8, 0));
    assert(ring.tryPush(bytes(0)));
    assert(ring.tryPush(bytes(0)));
    assert.equal(ring.tryPush(bytes(0)), false);
    assert.deepEqual([ring.pushed, ring.popped], [6, 1]);
    ring.close();
  });

  it("maxRecords", () => {
    const ring = ringOf(640, { maxRecords: 2 });
    assert.deepEqual([ring.tryPush(bytes(1)), ring.tryPush(bytes(1)), ring.tryPush(bytes(1))], [true, true, false]);
    ring.tryPop();
    assert(ring.tryPush(bytes(1)));
    ring.close();
  });

  it("tryPopInto: into the caller's bytes; one too long stays", () => {
    const ring = ringOf(640);
    const space = bytes(10, 9);
    assert.equal(ring.tryPopInto(space), undefined);
    ring.tryPush(bytes(4, 1));
    assert.equal(ring.tryPopInto(space), 4);
    assert.deepEqual([...space], [1, 1, 1, 1, 9, 9, 9, 9, 9, 9]);
    ring.tryPush(bytes(11));
    assert.throws(() => ring.tryPopInto(space), { code: "EMSGSIZE" });
    assert.deepEqual(ring.tryPop(), bytes(11));
    ring.close();
  });

  it("records longer than the scratch memory", () => {
    memory.resize(400_000);
    mapping.close();
    mapping = memory.map();
    const ring = ringOf(300_000);
    const record = Uint8Array.from({ length: 200_000 }, (_, index) => index);
    ring.tryPush(record);
    assert.deepEqual(ring.tryPop(), record);
    ring.pushSync(record);
    assert.deepEqual(ring.popSync(), record);
    ring.close();
  });

  describe("waits", () => {
    it("pop: until a record comes, in the order of the asking", async () => {
      const ring = ringOf(640);
      const asked = [ring.pop(), ring.pop(), ring.pop()];
      for (const fill of [1, 2, 3]) ring.tryPush(bytes(1, fill));
      assert.deepEqual(await Promise.all(asked), [bytes(1, 1), bytes(1, 2), bytes(1, 3)]);
      ring.close();
    });

    it("push: until there is room, the first first, though the second would fit", async () => {
      const ring = ringOf(64);
      ring.tryPush(bytes(40));
      const pushes = [ring.push(bytes(56)), ring.push(bytes(0))];
      assert.equal(ring.tryPush(bytes(0)), false, "nobody comes before those who wait");
      assert.deepEqual(ring.tryPop(), bytes(40));
      await pushes[0];
      assert.deepEqual(ring.tryPop(), bytes(56));
      await pushes[1];
      assert.deepEqual(ring.tryPop(), bytes(0));
      ring.close();
    });

    it("a push that gives up lets the next one, which needs less, go on", async () => {
      const ring = ringOf(64);
      ring.tryPush(bytes(40));
      const controller = new AbortController();
      const first = ring.push(bytes(56), { signal: controller.signal });
      const second = ring.push(bytes(8));
      controller.abort(new Error("enough"));
      await assert.rejects(first, /enough/);
      await second;
      assert.deepEqual([ring.tryPop(), ring.tryPop()], [bytes(40), bytes(8)]);
      ring.close();
    });

    it("time out and abort, and take nothing", async () => {
      const ring = ringOf(64);
      await assert.rejects(ring.pop({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "futex" });
      assert.throws(() => ring.popSync({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
      assert.throws(() => ring.popSync({ timeoutMs: 0 }), { code: "ETIMEDOUT" });
      const controller = new AbortController();
      const aborted = ring.pop({ signal: controller.signal });
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      await assert.rejects(ring.pop({ signal: controller.signal }), /enough/);
      ring.tryPush(bytes(40));
      assert.throws(
        () => {
          ring.pushSync(bytes(40), { timeoutMs: 1, spinUs: 10 });
        },
        { code: "ETIMEDOUT" },
      );
      await assert.rejects(ring.push(bytes(40), { timeoutMs: 1 }), { code: "ETIMEDOUT" });
      await assert.rejects(ring.push(bytes(4), { timeoutMs: -1 }), RangeError);
      assert.equal(ring.length, 1);
      assert.deepEqual(await ring.pop({ timeoutMs: 1 }), bytes(40));
      ring.close();
    });

    it("close ends them with ECANCELED; then everything is EBADF", async () => {
      const ring = ringOf(64);
      const popping = ring.pop();
      const other = Ring.open(mapping);
      ring.tryPush(bytes(40));
      await popping;
      ring.tryPush(bytes(40));
      const waits = [ring.push(bytes(40)), other.push(bytes(40))];
      ring.close();
      ring.close();
      await assert.rejects(waits[0] ?? Promise.resolve(), { code: "ECANCELED" });
      assert.throws(() => ring.tryPush(bytes(1)), { code: "EBADF" });
      assert.throws(() => ring.tryPop(), { code: "EBADF" });
      other.tryPop();
      await waits[1];
      other.close();
    });

    it("armed: who sleeps elsewhere is told once, by the operation that changes something", () => {
      let told = 0;
      const producer = ((): Ring => {
        ringOf(80).close();
        return Ring.open(mapping, { wakePeer: () => (told += 1) });
      })();
      const consumer = Ring.open(mapping, { wakePeer: () => (told += 10) });
      producer.tryPush(bytes(1));
      assert.equal(told, 0);
      assert.equal(consumer.armPop(), false, "there is one already");
      consumer.tryPop();
      assert(consumer.armPop());
      producer.tryPush(bytes(40));
      producer.tryPush(bytes(1));
      assert.equal(told, 1);
      assert.equal(producer.armPush(0), false);
      assert(producer.armPush(40));
      consumer.tryPop();
      assert.equal(told, 11);
      producer.close();
      consumer.close();
    });
  });

  describe("one producer, one consumer", () => {
    it("another is refused as long as the first is there", () => {
      const first = ringOf(64, { producers: "one", consumers: "one" });
      const second = Ring.open(mapping);
      assert(first.tryPush(bytes(1)));
      assert.throws(() => second.tryPush(bytes(1)), { code: "EBUSY", syscall: "ring" });
      assert.deepEqual(second.tryPop(), bytes(1));
      first.tryPush(bytes(2));
      assert.throws(() => first.tryPop(), { code: "EBUSY" });
      first.close();
      assert(second.tryPush(bytes(3)));
      assert.deepEqual([second.tryPop(), second.tryPop()], [bytes(2), bytes(3)]);
      second.close();
    });
  });

  describe("what a dead process left", () => {
    /** The pid of a process that has ended. */
    async function deadPid(): Promise<number> {
      const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
      await once(child, "exit");
      assert(child.pid !== undefined);
      return child.pid;
    }

    /** As if it had been killed in a push: it holds the lock, and says that it is about to push its sixth record. */
    async function leave(target: bigint, slot = 40): Promise<number> {
      const pid = await deadPid();
      const view = new DataView(mapping.buffer);
      const at = header.attachments + slot * header.attachmentBytes;
      view.setBigUint64(at, BigInt(pid) | (2n << 32n) | (7n << 40n), true);
      view.setBigUint64(at + 8, 1n, true);
      [5n, 6n, target].forEach((value, index) => {
        view.setBigUint64(at + 24 + index * 8, value, true);
      });
      view.setUint32(header.push + header.lock, (slot + 1) | (7 << 8), true);
      return pid;
    }

    it("an operation that had happened is counted", async () => {
      const ring = ringOf(64);
      ring.tryPush(bytes(1));
      const pid = await leave(0x0000_0001_0000_0002n);
      const told = { pid, role: "producer", pushed: 6, popped: 0, pushEnd: "finished", popEnd: "free" };
      assert.deepEqual(ring.deaths(), [told]);
      assert.deepEqual(ring.deaths(), [], "told once");
      const other = Ring.open(mapping);
      assert.deepEqual(other.deaths(), [told], "to each");
      assert(ring.tryPush(bytes(1)));
      ring.close();
      other.close();
    });

    it("one that had not happened is undone, by whoever needs the lock first", async () => {
      const ring = ringOf(64);
      ring.tryPush(bytes(1));
      const pid = await leave(0x0000_0002_0000_0004n);
      assert(ring.tryPush(bytes(2)), "the lock is taken over");
      assert.deepEqual(ring.deaths(), [
        { pid, role: "producer", pushed: 5, popped: 0, pushEnd: "undone", popEnd: "free" },
      ]);
      assert.deepEqual([ring.tryPop(), ring.tryPop()], [bytes(1), bytes(2)]);
      ring.close();
    });

    it("the one producer's place is free", async () => {
      const ring = ringOf(64, { producers: "one" });
      await leave(0xffff_ffff_ffff_ffffn);
      assert(ring.tryPush(bytes(1)));
      assert.deepEqual(
        ring.deaths().map(({ pushEnd, pushed }) => [pushEnd, pushed]),
        [["held", 5]],
      );
      ring.close();
    });

    it("slots of the dead are used again; with 63 that live there is no room", async () => {
      const ring = ringOf(64);
      const rings = Array.from({ length: 62 }, () => Ring.open(mapping));
      assert.throws(() => Ring.open(mapping), { code: "ENOSPC" });
      const pid = await deadPid();
      new DataView(mapping.buffer).setBigUint64(header.attachments + 20 * 128, BigInt(pid) | (2n << 32n), true);
      rings.push(Ring.open(mapping));
      for (const each of rings) each.close();
      assert.deepEqual(ring.deaths(), []);
      ring.close();
    });
  });

  describe("errors", () => {
    it("format: too short, out of the mapping, not aligned, no number of records", () => {
      assert.throws(
        () => {
          Ring.format(mapping, { length: 8704 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(mapping, { length: 65_537 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(mapping, { offset: 8 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(mapping, { offset: 70_016 });
        },
        { code: "EINVAL" },
      );
      assert.throws(() => {
        Ring.format(mapping, { maxRecords: 0 });
      }, RangeError);
      using reading = memory.map({ readOnly: true });
      assert.throws(
        () => {
          Ring.format(reading);
        },
        { code: "EINVAL" },
      );
      reading.close();
      assert.throws(
        () => {
          Ring.format(reading, { length: 9000 });
        },
        { code: "EBADF" },
      );
    });

    it("open: no ring, another version, more than the mapping has", () => {
      assert.throws(() => Ring.open(mapping), { code: "RING_CORRUPT" });
      ringOf(640).close();
      assert.throws(() => Ring.open(mapping, { offset: 128 }), { code: "RING_CORRUPT" });
      mapping.bytes[8] = 2;
      assert.throws(() => Ring.open(mapping), { code: "ENOTSUP" });
      mapping.bytes[8] = 1;
      mapping.bytes[18] = 1;
      assert.throws(() => Ring.open(mapping), { code: "RING_CORRUPT" });
    });

    it("positions, lengths and locks that can't be", () => {
      const spoil: [string, number, number][] = [
        ["a position out of range", header.push, 255],
        ["more records than units", header.push + 4, 200],
        ["a length beyond what is there", header.data, 200],
        ["a length that is not the mark's", header.data + 4, 0],
        ["a lock of nobody's", header.pop + header.lock, 77],
      ];
      for (const [what, at, value] of spoil) {
        const ring = ringOf(64);
        ring.tryPush(bytes(3));
        mapping.bytes[at] = value;
        assert.throws(() => ring.tryPop(), { code: "RING_CORRUPT" }, what);
        ring.close();
      }
    });

    it("memory that was truncated from under it", async () => {
      const ring = ringOf(640);
      ring.tryPush(bytes(3));
      memory.resize(0);
      assert.throws(
        () => {
          for (let look = 0; look < 1000; look++) ring.tryPop();
        },
        { code: "RING_CORRUPT" },
      );
      assert.throws(() => ring.tryPush(bytes(1)), { code: "RING_CORRUPT" });
      await assert.rejects(ring.pop(), { code: "RING_CORRUPT" });
      ring.close();
    });
  });

  it("a worker thread has a ring of its own, and is ended in the middle of a wait", async () => {
    const ring = ringOf(640);
    const source = `
      import { parentPort, workerData } from "node:worker_threads";
      const { PosixSharedMemory, Ring } = await import(workerData.url);
      const ring = Ring.open(PosixSharedMemory.open(workerData.name).map());
      for (;;) parentPort.postMessage(await ring.pop());`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: { url: ipcUrl, name },
    });
    const message = once(worker, "message");
    await ring.push(bytes(5));
    assert.deepEqual(await message, [bytes(5)]);
    await worker.terminate();
    assert.deepEqual(ring.deaths(), [], "a thread's end is no death: it has closed");
    ring.close();
  });

  it("one that is garbage gives its slot back", async () => {
    const source = `
      const { PosixSharedMemory, Ring } = await import(${JSON.stringify(ipcUrl)});
      const mapping = PosixSharedMemory.open(${JSON.stringify(name)}).map();
      for (let count = 0; count < 300; count++) {
        Ring.open(mapping);
        if (count % 20 === 19) { await new Promise(setImmediate); gc(); await new Promise(setImmediate); }
      }
      console.log("done");`;
    ringOf(640).close();
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--expose-gc",
      "--input-type=module",
      "-e",
      source,
    ]);
    assert.equal(stdout, "done\n");
  });
});
